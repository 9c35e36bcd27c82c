"""How many statements of one user run at a time, and how many wait for their turn.

Invariant: at most `running_max` run, at most `waiting_max` wait, in the order in which they came, none longer
than its patience. So one user's slow statements take that user's own turns and nobody else's.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from streams.warehouse.http.refusal import TOO_MANY_QUERIES, RequestRefusedError

PATIENCE_S: Final = 30.0


class QuerySlots:
    """The turns of one user."""

    def __init__(self, running_max: int, waiting_max: int, patience_s: float = PATIENCE_S) -> None:
        self._running_max, self._waiting_max, self._patience_s = running_max, waiting_max, patience_s
        self._running = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A turn, held until the context ends. Raises RequestRefusedError when there is none in time."""
        self._take()
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _take(self) -> None:
        ticket = object()
        with self._changed:
            if len(self._queue) >= self._waiting_max:
                raise self._refusal(f"{self._waiting_max} statements of this user wait already")
            self._queue.append(ticket)
            try:
                if not self._changed.wait_for(lambda: self._is_next(ticket), self._patience_s):
                    raise self._refusal(f"no turn within {self._patience_s:.0f} s")
                self._running += 1
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _is_next(self, ticket: object) -> bool:
        return self._queue[0] is ticket and self._running < self._running_max

    def _refusal(self, reason: str) -> RequestRefusedError:
        return RequestRefusedError(
            TOO_MANY_QUERIES, f"Too many simultaneous queries: {reason}, {self._running} run. Ask again later"
        )
