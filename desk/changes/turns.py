"""One publisher at a time, and what to do when another process publishes meanwhile.

An engine has one publisher: whoever begins to publish fences whoever did before. So people of one console
take turns. The command line, `tollgate desk` and other consoles may still come between: what was fenced is
done again. That is safe for a control that is looked for by its id when no other publisher can write any more
(`streams.control_plane.publish_once`), and for nothing else.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock, get_ident
from typing import Final

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random

from models.messages import Control
from streams.control_plane import publish_once
from streams.errors import Fenced, Outage
from streams.keys import keyring_of
from streams.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE_MAX: Final = 20
"""People who publish or wait for their turn: each holds a thread of the console."""
PATIENCE_S: Final = 30.0
ATTEMPTS_MAX: Final = 6
BETWEEN_S: Final = (0.1, 1.0)
"""At random, so that two processes do not fence each other in step."""


class PublishingTurn:
    """Lets in one at a time; the rest wait, so many and so long."""

    def __init__(self, at_once_max: int = AT_ONCE_MAX, patience_s: float = PATIENCE_S) -> None:
        """Nobody is in."""
        self._at_once_max, self._patience_s = at_once_max, patience_s
        self._places, self._turn = BoundedSemaphore(at_once_max), Lock()
        self._thread: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One's turn. Raises `Outage` where too many wait, or one waited too long: nothing was done then.

        Take it before a transaction of the database: who waits holds no connection. Who is in may take it
        again.
        """
        if self._thread == get_ident():
            yield
            return
        if not self._places.acquire(blocking=False):
            raise Outage(
                f"{self._at_once_max} changes are being published: yours was not, try again in a minute"
            )
        try:
            if not self._turn.acquire(timeout=self._patience_s):
                raise Outage(
                    f"other changes took longer than {self._patience_s:g} s to be published: yours was not, "
                    "try again in a minute"
                )
            self._thread = get_ident()
            try:
                yield
            finally:
                self._thread = None
                self._turn.release()
        finally:
            self._places.release()


TURN: Final = PublishingTurn()
"""Of this process."""

Publishing = Callable[[], int]


def publish_past_others(settings: Settings, engine: str, control: Control) -> int:
    """Puts a control on the log once, its offset; again where another publisher came between. Raises as
    `publish_once`.
    """
    bootstrap, keyring = settings.kafka("publisher"), keyring_of(settings)
    return again_when_fenced(lambda: publish_once(bootstrap, engine, control, keyring))


def again_when_fenced(publish: Publishing, between_s: tuple[float, float] = BETWEEN_S) -> int:
    """What `publish` gives; `ATTEMPTS_MAX` times at most while another publisher fences it. `publish` has to
    look for what it published before. Raises as it does.
    """
    trying = Retrying(
        stop=stop_after_attempt(ATTEMPTS_MAX),
        wait=wait_random(*between_s),
        retry=retry_if_exception(was_fenced),
        before_sleep=_say,
        reraise=True,
    )
    return trying(publish)


def was_fenced(failure: BaseException) -> bool:
    """Whether another publisher took over; Kafka being away is told at once."""
    return isinstance(failure, Outage) and isinstance(failure.__cause__, Fenced)


def _say(state: RetryCallState) -> None:
    log.warning("another publisher came between (attempt %d): publishing again", state.attempt_number)
