"""One poll for everybody who looks at Live.

Invariants
- However many listen, each scope of merchant accounts is asked for once a round; rounds are `INTERVAL_S`
  apart.
- Nobody listening: nothing is asked. At most `LISTENERS_MAX` listen, to at most `SCOPES_MAX` different
  scopes, and one person on at most `OF_A_PERSON_MAX` pages: nobody takes the places of the others.
- A listener that is slow misses figures and gets the newest; nothing queues up.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from dashboards.console.pages.live.figures import LiveFigures, Scope
from streams.errors import TollgateError

log = logging.getLogger(__name__)

INTERVAL_S: Final = 2.0
LISTENERS_MAX: Final = 200
SCOPES_MAX: Final = 16
OF_A_PERSON_MAX: Final = 10


class TooManyListenersError(Exception):
    """All places at Live are taken: the page stays as it was opened."""


class Listener:
    """One open page. Its event loop is told when there is something newer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, who: str = "") -> None:
        self.who = who
        self._loop = loop
        self._arrived = asyncio.Event()
        self._newest: LiveFigures | None = None

    async def newest(self, wait_max_s: float) -> LiveFigures | None:
        """The next figures; None where none came in time."""
        try:
            await asyncio.wait_for(self._arrived.wait(), wait_max_s)
        except TimeoutError:
            return None
        self._arrived.clear()
        return self._newest

    def give(self, figures: LiveFigures) -> None:
        """From any thread."""
        self._newest = figures
        try:
            self._loop.call_soon_threadsafe(self._arrived.set)
        except RuntimeError:  # the loop has ended, and its page with it
            log.debug("a page of Live ended while figures came")


class LivePoller:
    """Asks for figures as long as anybody listens. `ask` is one poll of one scope; `failed` makes figures of
    a failure.
    """

    def __init__(
        self,
        ask: Callable[[Scope], LiveFigures],
        failed: Callable[[str], LiveFigures],
        *,
        interval_s: float = INTERVAL_S,
        listeners_max: int = LISTENERS_MAX,
        starts_thread: bool = True,
    ) -> None:
        self._ask, self._failed = ask, failed
        self._interval_s, self._listeners_max = interval_s, listeners_max
        self._starts_thread = starts_thread
        self._changed = threading.Condition()
        self._listeners: dict[Scope, set[Listener]] = {}
        self._last: dict[Scope, LiveFigures] = {}
        self._thread: threading.Thread | None = None

    def is_full(self, who: str = "") -> bool:
        """Whether nobody more can listen, or this person on no more pages."""
        with self._changed:
            return self._count() >= self._listeners_max or self._has_enough(who)

    @contextmanager
    def listening(self, scope: Scope, loop: asyncio.AbstractEventLoop, who: str = "") -> Iterator[Listener]:
        """A place among those who listen. It has the last figures of its scope at once, where there are some.
        who: the person; empty for one that is not counted.

        Raises TooManyListenersError.
        """
        listener = Listener(loop, who)
        self._take_in(scope, listener)
        try:
            yield listener
        finally:
            self._let_go(scope, listener)

    def poll(self) -> None:
        """One round: every scope that is listened to is asked for once."""
        with self._changed:
            scopes = list(self._listeners)
        for scope in scopes:
            figures = self._asked(scope)
            with self._changed:
                listeners = list(self._listeners.get(scope, ()))
                if listeners:
                    self._last[scope] = figures
            for listener in listeners:
                listener.give(figures)

    def _asked(self, scope: Scope) -> LiveFigures:
        try:
            return self._ask(scope)
        except TollgateError as failure:
            return self._failed(str(failure))

    def _take_in(self, scope: Scope, listener: Listener) -> None:
        with self._changed:
            known = self._listeners.get(scope)
            is_full = self._count() >= self._listeners_max or self._has_enough(listener.who)
            if is_full or (known is None and len(self._listeners) >= SCOPES_MAX):
                raise TooManyListenersError
            self._listeners.setdefault(scope, set()).add(listener)
            if scope in self._last:
                listener.give(self._last[scope])
            self._ensure_thread()
            self._changed.notify_all()

    def _let_go(self, scope: Scope, listener: Listener) -> None:
        with self._changed:
            left = self._listeners[scope]
            left.discard(listener)
            if not left:
                del self._listeners[scope]
                self._last.pop(scope, None)
            self._changed.notify_all()

    def _has_enough(self, who: str) -> bool:
        theirs = sum(1 for here in self._listeners.values() for one in here if one.who == who)
        return bool(who) and theirs >= OF_A_PERSON_MAX

    def _count(self) -> int:
        return sum(map(len, self._listeners.values()))

    def _ensure_thread(self) -> None:
        if self._starts_thread and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="live-poller", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        """Ends where nobody has listened for a whole interval; who comes then starts it again."""
        while True:
            with self._changed:
                if not self._listeners:
                    self._changed.wait(self._interval_s)
                if not self._listeners:
                    self._thread = None
                    return
            self.poll()
            with self._changed:
                self._changed.wait_for(lambda: not self._listeners, self._interval_s)
