"""Lists of values (block, allow, watch): entries, the memory of them, files and requests."""

from models.lists.csv_file import Entry, ListFileError, instant, instant_text, read_entries, write_entries
from models.lists.entries import EntryError, check_entry, purpose_of
from models.lists.memory import NEVER, Lists
from models.lists.requests import AHEAD_MS, REMEMBERED_MS, Answered, Asked, ListAnswer, ListRequest, answered

__all__ = [
    "AHEAD_MS",
    "NEVER",
    "REMEMBERED_MS",
    "Answered",
    "Asked",
    "Entry",
    "EntryError",
    "ListAnswer",
    "ListFileError",
    "ListRequest",
    "Lists",
    "answered",
    "check_entry",
    "instant",
    "instant_text",
    "purpose_of",
    "read_entries",
    "write_entries",
]
