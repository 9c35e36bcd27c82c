"""The SQL of this room."""

from pathlib import Path
from typing import Final

from desk.database import SqlFiles

sql: Final = SqlFiles(Path(__file__).parent / "queries")
