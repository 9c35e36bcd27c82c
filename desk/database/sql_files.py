"""SQL of a room of ours: one query a file, by name."""

from functools import cached_property
from pathlib import Path
from typing import LiteralString


class SqlFiles:
    """The queries of one folder; read once each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str) -> LiteralString:
        """The text of `NAME.sql`: written by us, never by who asks."""
        return self._texts[name]

    @cached_property
    def _texts(self) -> dict[str, LiteralString]:
        return {
            path.stem: path.read_text(encoding="utf-8").strip() for path in sorted(self._folder.glob("*.sql"))
        }
