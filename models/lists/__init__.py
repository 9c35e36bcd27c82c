"""ListMemory of values (block, allow, watch): entries, the memory of them, files and requests."""

from models.lists.csv_file import (
    ListFileEntry,
    ListFileError,
    instant,
    instant_text,
    read_entries,
    write_entries,
)
from models.lists.entries import EntryError, check_entry, purpose_of
from models.lists.memory import NEVER, ListMemory
from models.lists.requests import (
    AHEAD_MS,
    REMEMBERED_MS,
    AnsweredRequest,
    AnswerMemory,
    ListAnswer,
    ListRequest,
    answer_request,
)

__all__ = [
    "AHEAD_MS",
    "NEVER",
    "REMEMBERED_MS",
    "AnswerMemory",
    "AnsweredRequest",
    "EntryError",
    "ListAnswer",
    "ListFileEntry",
    "ListFileError",
    "ListMemory",
    "ListRequest",
    "answer_request",
    "check_entry",
    "instant",
    "instant_text",
    "purpose_of",
    "read_entries",
    "write_entries",
]
