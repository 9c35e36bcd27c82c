"""The entries of an engine's lists, by the changes that it applied, with who put it there and why.

Invariants
- What the engine refused is not among them, and the last change of a value wins, as in the engine.
- Entries are shown as of the log's end and the clock's time; the engine itself counts expiry by engine time,
  which follows the payments.
"""

from collections.abc import Iterator

from models.lists import ListFileEntry
from models.messages import Change, Control, ListChange
from streams.control_plane.controls import LoggedControl, logged


def changes(bootstrap: str, engine: str) -> Iterator[tuple[LoggedControl, ListChange]]:
    """Every list change on the log, oldest first."""
    for entry in logged(bootstrap, engine):
        change: Change = entry.control.change
        if isinstance(change, ListChange):
            yield entry, change


def entries(bootstrap: str, engine: str, now: int) -> list[ListFileEntry]:
    """The entries in effect at `now` (ms), by list and value."""
    held: dict[tuple[str, str], ListFileEntry] = {}
    for logged_control, change in changes(bootstrap, engine):
        held.pop((change.list, change.value), None)
        if change.present:
            held[change.list, change.value] = _entry(logged_control, change)
    counting = (entry for entry in held.values() if entry.expires_at is None or now < entry.expires_at)
    return sorted(counting, key=lambda entry: (entry.list, entry.value))


def _entry(logged_control: LoggedControl, change: ListChange) -> ListFileEntry:
    control: Control = logged_control.control
    asked_by = change.author or control.author
    if logged_control.signers and asked_by != control.author:
        asked_by = f"{control.author} (for {asked_by})"
    return ListFileEntry(
        change.list,
        change.value,
        change.expires_at,
        change.purpose,
        asked_by,
        change.reason or control.reason or "",
        logged_control.appended_at,
    )
