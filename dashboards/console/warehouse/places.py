"""Who may ask the warehouse now, and who is next.

Invariants
- At most `AT_ONCE_MAX` questions run. One person, and one page, has at most `SHARE_MAX` of these places, so
  that others get theirs. What the console asks for itself, such as the poller of Live, has no share.
- At most `WAITING_MAX` wait, at most `OWN_WAITING_MAX` of one person, and none longer than `WAIT_MAX_S`. The
  next is refused at once. All of them together are fewer than the threads that answer requests.
- Next is whoever has fewest questions running; among these the one whose question took the shortest time
  before. Who has waited for half of `WAIT_MAX_S` goes first, in the order of coming.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from dashboards.console.warehouse.errors import ReaderBusy

AT_ONCE_MAX: Final = 4
SHARE_MAX: Final = 3
WAITING_MAX: Final = 24
OWN_WAITING_MAX: Final = 8
WAIT_MAX_S: Final = 10.0
NEWEST_PART: Final = 0.3
"""How much the newest time of a question counts in what it is expected to take."""


@dataclass(frozen=True, eq=False)
class Question:
    """One question. `person`: None for the console itself. `name`: `room/query`, empty for one without."""

    person: UUID | None
    name: str
    came_at: float

    @property
    def page(self) -> str:
        """The room that asks."""
        return self.name.partition("/")[0]


class Places:
    """The places of one reader; any thread may ask. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, wait_s: float = WAIT_MAX_S) -> None:
        self._clock, self._wait_s = clock, wait_s
        self._running: list[Question] = []
        self._waiting: list[Question] = []
        self._took_s: dict[str, float] = {}
        self._changed = threading.Condition()

    @contextmanager
    def place(self, person: UUID | None, name: str) -> Iterator[None]:
        """A place, held until the context ends. Raises ReaderBusy."""
        question = Question(person, name, self._clock())
        self._take(question)
        began = self._clock()
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(question)
                self._remember(name, self._clock() - began)
                self._changed.notify_all()

    def counts(self) -> tuple[int, int]:
        """How many run, and how many wait."""
        with self._changed:
            return len(self._running), len(self._waiting)

    def _take(self, question: Question) -> None:
        with self._changed:
            self._refuse_where_full(question)
            self._waiting.append(question)
            try:
                if not self._changed.wait_for(lambda: self._next() is question, self._wait_s):
                    raise ReaderBusy(
                        f"The warehouse is busy with other questions ({AT_ONCE_MAX} at once), and none of "
                        f"them ended for this one within {self._wait_s:g} s: try again in a moment"
                    )
                self._running.append(question)
            finally:
                self._waiting.remove(question)
                self._changed.notify_all()

    def _refuse_where_full(self, question: Question) -> None:
        own = sum(each.person == question.person for each in self._waiting)
        if question.person is not None and own >= OWN_WAITING_MAX:
            raise ReaderBusy(
                f"{own} of your questions wait for the warehouse already: wait for their answers, or close "
                "pages you do not need"
            )
        if len(self._waiting) >= WAITING_MAX:
            raise ReaderBusy(
                f"The warehouse is busy, and {WAITING_MAX} questions wait already: try again in a moment"
            )

    def _next(self) -> Question | None:
        if len(self._running) >= AT_ONCE_MAX:
            return None
        may_run = [each for each in self._waiting if self._has_share(each)]
        return min(may_run, key=self._order, default=None)

    def _has_share(self, question: Question) -> bool:
        of_page = sum(each.page == question.page for each in self._running)
        if question.person is None:
            return True
        return self._of_person(question) < SHARE_MAX and (not question.page or of_page < SHARE_MAX)

    def _order(self, question: Question) -> tuple[float, ...]:
        if self._clock() - question.came_at >= self._wait_s / 2:
            return (0, question.came_at)
        return (1, self._of_person(question), self._took_s.get(question.name, 0.0), question.came_at)

    def _of_person(self, question: Question) -> int:
        if question.person is None:
            return 0
        return sum(each.person == question.person for each in self._running)

    def _remember(self, name: str, took_s: float) -> None:
        """Names are those of files, so they are few."""
        if name:
            before = self._took_s.get(name, took_s)
            self._took_s[name] = before + NEWEST_PART * (took_s - before)
