"""List entries as CSV files: `value,list,reason,author,expires_at`; the last three may be left out.

`expires_at` is an ISO 8601 date or time (UTC where no offset is given), or UTC epoch milliseconds; an empty
cell is never. Read strictly (`models.file_formats.csv_reader`), and wholly or not at all.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from models.file_formats import ReferenceTableError, records
from models.lists.entries import LATEST_MS, EntryError, EntryFault, check_entry, purpose_of
from models.messages import ListChange

NEEDED: Final = ("value", "list")
OPTIONAL: Final = ("reason", "author", "expires_at")
ENTRIES_MAX: Final = 500_000
PROBLEMS_MAX: Final = 100
TEXT_MAX: Final = {"reason": 500, "author": 128}


class ListFileError(ValueError):
    """A file of list entries that cannot be imported. `problems` are (line, reason), at least one."""

    def __init__(self, problems: tuple[tuple[int, str], ...]) -> None:
        """The message has a line for each problem."""
        super().__init__("\n".join(f"line {line}: {reason}" for line, reason in problems))
        self.problems = problems


@dataclass(frozen=True)
class ListFileEntry:
    """One value on one list, as people see it; `at` is when it was put there (ms)."""

    list: str
    value: str
    expires_at: int | None
    purpose: str | None
    author: str
    reason: str
    at: int


def read_entries(blob: bytes, now: int) -> list[ListChange]:
    """The entries of a CSV file, checked as of `now` (ms). Raises `ListFileError` with every mistake."""
    changes: list[ListChange] = []
    problems: list[tuple[int, str]] = []
    seen: dict[tuple[str, str], int] = {}
    try:
        for line, cells in records(blob, NEEDED, OPTIONAL):
            try:
                changes.append(_entry(line, cells, now, seen))
            except EntryError as error:
                problems.append((line, str(error)))
            if len(problems) >= PROBLEMS_MAX or len(changes) > ENTRIES_MAX:
                break
    except ReferenceTableError as error:
        problems.append(_placed(str(error)))
    if len(changes) > ENTRIES_MAX:
        problems.append((line, f"more than {ENTRIES_MAX:,} entries: import it in parts"))
    if problems:
        raise ListFileError(tuple(problems))
    return changes


def write_entries(entries: Iterable[ListFileEntry]) -> str:
    """A CSV file that `read_entries` takes. Every cell is quoted: a line never looks like a comment."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow((*NEEDED, *OPTIONAL))
    for entry in entries:
        expires = "" if entry.expires_at is None else instant_text(entry.expires_at)
        writer.writerow((entry.value, entry.list, _line(entry.reason), _line(entry.author), expires))
    return text.getvalue()


def instant(text: str) -> int | None:
    """Milliseconds of an ISO 8601 date or time, or of digits; None when empty. Raises `EntryError`.

    >>> instant("2026-01-01"), instant("2026-01-01T01:00:00+01:00"), instant("")
    (1767225600000, 1767225600000, None)
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) > 8:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise EntryError(
            EntryFault.INVALID_FIELD, f"expires_at {text!r} is no time: write 2026-12-31 or 2026-12-31T18:00"
        ) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def instant_text(time_ms: int) -> str:
    """Milliseconds as ISO 8601 in UTC; the inverse of `instant`.

    >>> instant_text(1767225600001)
    '2026-01-01T00:00:00.001+00:00'
    """
    seconds, millis = divmod(min(time_ms, LATEST_MS), 1000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=millis * 1000)
    return moment.isoformat(timespec="milliseconds" if millis else "seconds")


def _entry(line: int, cells: list[str], now: int, seen: dict[tuple[str, str], int]) -> ListChange:
    value, name, reason, author, expires = cells
    expires_at = instant(expires)
    check_entry(name, value, now, expires_at)
    for field, text in (("reason", reason), ("author", author)):
        if len(text) > TEXT_MAX[field]:
            raise EntryError(EntryFault.INVALID_FIELD, f"{field} has more than {TEXT_MAX[field]} characters")
    if (name, value) in seen:
        raise EntryError(EntryFault.CONFLICT, f"{value!r} is on {name!r} in line {seen[name, value]} already")
    seen[name, value] = line
    return ListChange(name, value, True, expires_at, purpose_of(name), author or None, reason or None)


def _line(text: str) -> str:
    return " ".join(text.split())


def _placed(message: str) -> tuple[int, str]:
    """A reader's message `line N: reason` as its parts."""
    head, _, reason = message.partition(": ")
    number = head.removeprefix("line ")
    return (int(number), reason) if number.isdigit() else (1, message)
