"""The entries of an engine's lists, by the changes that it applied, with who put it there and why.

Invariants
- What the engine refused is not among them, and the last change of a value wins, as in the engine.
- Entries are shown as of the log's end and the clock's time; the engine itself counts expiry by engine time,
  which follows the payments.
"""

from collections.abc import Iterator
from typing import NamedTuple

from models.lists import ListFileEntry
from models.messages import ListChange
from streams.control_plane.controls import LoggedControl, logged


class LoggedListChange(NamedTuple):
    """A change of a list as it is on the log."""

    offset: int
    appended_at: int
    """When it came onto the log (ms)."""
    change: ListChange
    author: str
    """Who signed it, with whom it was for where that is another."""
    reason: str


def changes(bootstrap: str, engine: str) -> Iterator[LoggedListChange]:
    """Every list change that the engine applied or will come to, oldest first."""
    for entry in logged(bootstrap, engine):
        change = entry.control.change
        if isinstance(change, ListChange):
            reason = change.reason or entry.control.reason or ""
            yield LoggedListChange(entry.offset, entry.appended_at, change, _author(entry, change), reason)


def entries(bootstrap: str, engine: str, now: int) -> list[ListFileEntry]:
    """The entries in effect at `now` (ms), by list and value."""
    held: dict[tuple[str, str], ListFileEntry] = {}
    for logged_change in changes(bootstrap, engine):
        change = logged_change.change
        held.pop((change.list, change.value), None)
        if change.present:
            held[change.list, change.value] = ListFileEntry(
                change.list,
                change.value,
                change.expires_at,
                change.purpose,
                logged_change.author,
                logged_change.reason,
                logged_change.appended_at,
            )
    counting = (entry for entry in held.values() if entry.expires_at is None or now < entry.expires_at)
    return sorted(counting, key=lambda entry: (entry.list, entry.value))


def _author(entry: LoggedControl, change: ListChange) -> str:
    signer = entry.control.author
    asked_by = change.author or signer
    return f"{signer} (for {asked_by})" if entry.signers and asked_by != signer else asked_by
