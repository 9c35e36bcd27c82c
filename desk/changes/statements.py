"""The SQL of this room: one statement a file."""

from pathlib import Path
from typing import Final

from desk.database import SqlFiles

statement: Final = SqlFiles(Path(__file__).parent / "queries")
