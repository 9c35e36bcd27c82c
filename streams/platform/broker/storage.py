"""The broker's folder `HOME/kafka`: formatted once, and repaired where a crash left it in between.

    data/              Kafka's own log folder
    data.partial/      a format under way; never used, thrown away at the next start
    meta.properties    our copy of data/meta.properties, the folder's identity

Invariant: `data/` is either complete or absent, since it is formatted under another name and renamed, the
copy of its identity first. Nothing is ever deleted from a `data/` that holds records.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from streams.errors import Damaged

METADATA_LOG = "__cluster_metadata-0"


class BrokerStorage:
    """The folder of one local broker. `format_into` runs Kafka's own formatter on an empty folder."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.partial = folder / "data.partial"
        self.identity = folder / "meta.properties"
        self._say = say

    def ensure(self, format_into: Callable[[Path], None]) -> None:
        """Leaves a formatted folder. Raises Damaged where records are there and their identity is lost."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.partial.exists():
            self._say(f"{self.partial} was left half-formatted: formatting again")
            shutil.rmtree(self.partial)
        if self.data.exists():
            self._heal()
        if not self.data.exists():
            self._format(format_into)

    def _format(self, format_into: Callable[[Path], None]) -> None:
        self.partial.mkdir()
        format_into(self.partial)
        shutil.copyfile(self.partial / "meta.properties", self.identity)
        self.partial.rename(self.data)

    def _heal(self) -> None:
        found = _properties(self.data / "meta.properties")
        kept = _properties(self.identity)
        if "cluster.id" in found and "node.id" in found:
            if not kept:
                shutil.copyfile(self.data / "meta.properties", self.identity)
            if not kept or found == kept:
                return
        if kept:
            self._say(f"{self.data / 'meta.properties'} is missing or torn: restored from {self.identity}")
            shutil.copyfile(self.identity, self.data / "meta.properties")
        elif holds_records(self.data):
            raise Damaged(
                f"{self.data} holds records but its meta.properties is missing or torn, and so is the copy "
                f"in {self.identity}. Put one of them back; or move {self.folder} away to start with an "
                "empty Kafka"
            )
        else:
            self._say(f"{self.data} was left half-formatted and holds no records: formatting again")
            shutil.rmtree(self.data)


def holds_records(data: Path) -> bool:
    """Whether any topic or the cluster's own metadata has been written there."""
    return any(path.stat().st_size > 0 for path in data.glob("*/*.log"))


def _properties(path: Path) -> dict[str, str]:
    """A Java properties file; nothing where it is missing, unreadable or cut short."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return {}
    pairs = [line.partition("=") for line in text.splitlines() if line and not line.startswith("#")]
    found = {name.strip(): value.strip() for name, _, value in pairs}
    complete = {"version", "cluster.id", "node.id"} <= set(found)
    return found if complete and text.endswith("\n") else {}
