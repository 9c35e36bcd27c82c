"""Lists of values (block, allow, watch): the memory of them, entries, CSV files, requests and their answers.

Invariant: what is on a list for a payment depends on the log before it and on its engine time. Imports
messages, card numbers and file formats.
"""

from models.lists.csv_file import (
    ListFileEntry,
    ListFileError,
    instant,
    instant_text,
    read_entries,
    write_entries,
)
from models.lists.entries import Entity, EntryError, check_entry, purpose_of
from models.lists.memory import NEVER, ListMemory
from models.lists.put_limits import PutCounter, PutLimits, PutRefusal
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
    "Entity",
    "EntryError",
    "ListAnswer",
    "ListFileEntry",
    "ListFileError",
    "ListMemory",
    "ListRequest",
    "PutCounter",
    "PutLimits",
    "PutRefusal",
    "answer_request",
    "check_entry",
    "instant",
    "instant_text",
    "purpose_of",
    "read_entries",
    "write_entries",
]
