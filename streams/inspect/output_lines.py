"""What one output topic of an engine holds, to be compared line by line with what the journal gives again.

Invariants
- A line that the journal does not give is left out and counted where the line it does give follows: what
  somebody else wrote hides nothing behind it.
- No line is left out silently: `foreign` says how many there were, and where the first one is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, TypeVar

from confluent_kafka import Message

from streams.kafka import ForeignRecords

T = TypeVar("T")

AHEAD_MAX: Final = 10_000
"""Lines in which one is looked for that does not come next."""


class OutputLines(Generic[T]):
    """The lines of one topic in order, each once. A record may hold several."""

    def __init__(self, topic: str, records: Iterable[Message], read: Callable[[bytes], Iterable[T]]) -> None:
        """`read`: the lines of a record; one that it cannot read is foreign (`streams.kafka`)."""
        self.foreign = ForeignRecords(topic)
        self._coming = self._read(records, read)
        self._ahead: deque[tuple[int, T]] = deque()

    def drop(self, count: int) -> None:
        """Passes over so many lines."""
        for _ in range(count):
            if self._take() is None:
                return

    def count(self) -> int:
        """Passes over all that is left; how many lines that was."""
        passed = len(self._ahead)
        self._ahead.clear()
        return passed + sum(1 for _ in self._coming)

    def next_like(self, wanted: T) -> T | None:
        """`wanted`, where it comes next or soon: what is before it is foreign then. Else the line that comes
        next, None at the end.
        """
        for place, (_, line) in enumerate(self._look_ahead()):
            if line == wanted:
                self._leave_out(place)
                self._take()
                return line
        return self._ahead[0][1] if self._ahead else None

    def leave_out_rest(self) -> None:
        """Counts what is left as foreign."""
        while self._leave_out(1):
            pass

    def _leave_out(self, count: int) -> bool:
        """The next lines; whether there were so many."""
        for _ in range(count):
            line = self._take()
            if line is None:
                return False
            self.foreign.note(line[0], "no journal entry states it")
        return True

    def _look_ahead(self) -> Iterator[tuple[int, T]]:
        """The next lines, which stay."""
        yield from tuple(self._ahead)
        while len(self._ahead) < AHEAD_MAX and (line := next(self._coming, None)) is not None:
            self._ahead.append(line)
            yield line

    def _take(self) -> tuple[int, T] | None:
        return self._ahead.popleft() if self._ahead else next(self._coming, None)

    def _read(
        self, records: Iterable[Message], read: Callable[[bytes], Iterable[T]]
    ) -> Iterator[tuple[int, T]]:
        for record in records:
            for line in self.foreign.read(record, read) or ():
                yield record.offset(), line
