"""The SQL of this package: one query a file, by name."""

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "queries"


@cache
def sql(name: str) -> str:
    """The text of `queries/NAME.sql`."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip()
