"""A rebuild that somebody asked for: a file, until it is done.

Invariant: the file is there before the first step of a rebuild and is removed after its last one. So a crash
in between repeats the rebuild, whose every step can be repeated, before anything is sunk.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage import LockHeld, ProcessLock, sync_folder, write_atomically
from streams.errors import Misconfigured

if TYPE_CHECKING:
    from streams.warehouse.repair.rebuild import RebuildReport


class AlreadySinking(Misconfigured):
    """Another process of this home fills or rebuilds the warehouse."""


@dataclass(frozen=True)
class RebuildRequest:
    """The request in a home."""

    home: Path

    @property
    def path(self) -> Path:
        """The file."""
        return self.home / "warehouse-rebuild.json"

    @property
    def report_path(self) -> Path:
        """What the last rebuild did."""
        return self.home / "run" / "warehouse-rebuilt.json"

    def lock(self) -> ProcessLock:
        """Held by the process that sinks or rebuilds. Raises AlreadySinking."""
        try:
            return ProcessLock(self.home / "run" / "warehouse-sinks.lock")
        except LockHeld as held:
            raise AlreadySinking(
                f"process {held.owner} already fills the warehouse of {self.home}: stop it, or give this one "
                "another TOLLGATE_HOME"
            ) from None

    def make(self, tables: Iterable[str] = ()) -> None:
        """Asks for a rebuild of these tables, of all where none is named. One that is asked for already and
        not done yet takes them up as well.
        """
        asked = sorted(tables)
        before = self._known()
        if before:
            both = before["tables"] and asked
            asked = sorted({*before["tables"], *asked}) if both else []
        known = {"id": before.get("id", secrets.token_hex(4)), "tables": asked}
        write_atomically(self.path, json.dumps(known) + "\n", durable=True)

    def pending(self) -> str:
        """The id of the rebuild that is asked for; empty where none is."""
        return str(self._known().get("id", ""))

    def tables(self) -> list[str]:
        """The tables that it is for; empty: all."""
        return list(self._known().get("tables", ()))

    def done(self, report: "RebuildReport") -> None:
        """Keeps what was done, and forgets the request."""
        write_atomically(self.report_path, json.dumps(asdict(report)) + "\n")
        self.path.unlink(missing_ok=True)
        sync_folder(self.home)

    def _known(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = {"tables": [], **json.loads(self.path.read_text(encoding="utf-8"))}
        except FileNotFoundError:
            return {}
        return known

    def report(self) -> dict[str, Any]:
        """What the last rebuild did."""
        known: dict[str, Any] = json.loads(self.report_path.read_text(encoding="utf-8"))
        return known
