"""When the engine last heard from Kafka, for who watches it.

An engine that cannot reach the broker knows of no payment that waits, and one that hangs looks at nothing:
both look idle by every other figure. librdkafka's statistics say how long each broker has been silent; the
engine's loop receives them, so where it hangs the time stands still as well.

Invariant: only looked at from outside; no decision depends on it, and statistics that cannot be read end
nobody: what their callback raises, the consumer's `poll` raises.
"""

import logging
import time
from collections.abc import Callable

import msgspec

log = logging.getLogger(__name__)

MICROSECONDS_PER_S = 1_000_000


class _Broker(msgspec.Struct):
    rxidle: int = -1
    """Microseconds since something was received; -1: nothing was yet."""


class _Statistics(msgspec.Struct):
    brokers: dict[str, _Broker] = {}


_decode = msgspec.json.Decoder(_Statistics).decode


class BrokerContact:
    """`heard_s`: when something last came from any broker, seconds since 1970; 0 before the first.

    >>> contact = BrokerContact(lambda: 100.0)
    >>> contact.note('{"brokers": {"a:9092/1": {"rxidle": 2500000}, "a:9092/bootstrap": {"rxidle": -1}}}')
    >>> contact.heard_s
    97.5
    """

    def __init__(self, clock_s: Callable[[], float] = time.time) -> None:
        self._clock_s = clock_s
        self.heard_s = 0.0
        self._is_said = False

    def note(self, statistics: str) -> None:
        """Takes librdkafka's statistics in, as JSON."""
        try:
            brokers = _decode(statistics).brokers.values()
        except msgspec.MsgspecError as error:
            self._say(error)
            return
        silent = [each.rxidle for each in brokers if each.rxidle >= 0]
        if silent:
            self.heard_s = self._clock_s() - min(silent) / MICROSECONDS_PER_S

    def _say(self, error: Exception) -> None:
        if not self._is_said:
            log.warning("statistics of Kafka's client cannot be read (%s); not said again", error)
        self._is_said = True
