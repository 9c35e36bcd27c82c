"""Ends the process when a call that must return does not.

Seen with librdkafka 2.16 after a broker was killed and came back: `send_offsets_to_transaction` with a limit
of 30 s had not returned after four minutes. Nothing in the process can take such a call back, and while it
hangs no decision is made. A process that ends is started again, fences its predecessor and resumes exactly
where the log ends.

Invariant: between `guard` and its end at most `limit_s` pass, and what is excused within, or the process is
gone.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

EXIT_CODE = 70
LOOK_EVERY_S = 0.5


def _end_process() -> None:
    os._exit(EXIT_CODE)


def _nothing() -> float:
    return 0.0


class Watchdog:
    """Watches the calls of one thread, one at a time.

    end      ends a process that hangs
    excused  seconds that the process has spent so far on what is long and no hang; never less than before
    """

    def __init__(
        self,
        limit_s: float,
        end: Callable[[], None] = _end_process,
        excused: Callable[[], float] = _nothing,
    ) -> None:
        self._limit_s = limit_s
        self._end = end
        self._excused = excused
        self._what = ""
        self._deadline: float | None = None
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    @contextmanager
    def guard(self, what: str) -> Iterator[None]:
        """`what` is in the message when it takes too long."""
        self._what = what
        self._deadline = self._working_time() + self._limit_s
        try:
            yield
        finally:
            self._deadline = None

    def _working_time(self) -> float:
        return time.monotonic() - self._excused()

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            deadline = self._deadline
            if deadline is not None and self._working_time() > deadline:
                log.critical(
                    "%s has not returned within %.0f s: this process ends", self._what, self._limit_s
                )
                self._end()
                self._deadline = None
