"""How far an engine is, told to its consumer group once a second for whoever watches (`tollgate status`).

Invariants
- Where reading goes on is said by the journal alone: nobody reads on from what is reported here.
- What is reported is on the journal already: the group is up to a second behind, and never ahead.
- No decision waits for it. A report is sent in the background, one at a time; one that fails is said, and the
  next says the same again.
- What an engine that was paused reports late is set right within a minute by the one that took over.
"""

import logging
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.kafka import ThinnedLog

log = logging.getLogger(__name__)

EVERY_S = 1.0
AGAIN_S = 60.0
"""What has not changed is reported again after so long."""
ANSWER_S = 30.0
"""A report without an answer for so long counts as failed."""


class ReportedOffsets:
    """Reports positions by `send`, which takes places and answers later by `sent`."""

    def __init__(self, send: Callable[[list[TopicPartition]], object]) -> None:
        self._send = send
        self._reported: dict[str, int] = {}
        self._asked: dict[str, int] | None = None
        self._asked_s = float("-inf")
        self._failures = 0
        self._thinned = ThinnedLog()

    @property
    def is_settled(self) -> bool:
        """Whether no report is on its way."""
        return self._asked is None

    def see(self, positions: Mapping[str, int], now_s: float, *, last: bool = False) -> None:
        """Sends a report where one is due. `last`: there will be no later one."""
        since_s = now_s - self._asked_s
        if self._asked is not None:
            if since_s < ANSWER_S:
                return
            self._failed("no answer")
        if positions == self._reported and since_s < AGAIN_S:
            return
        if positions and (last or since_s >= EVERY_S):
            self._report(dict(positions), now_s)

    def sent(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        """The answer to a report."""
        wrong = error or next((place.error for place in places if place.error), None)
        if wrong is not None:
            self._failed(wrong.str())
        elif self._asked is not None:
            self._reported, self._asked = self._asked, None

    def _report(self, positions: dict[str, int], now_s: float) -> None:
        self._asked, self._asked_s = positions, now_s
        try:
            self._send([TopicPartition(topic, 0, offset) for topic, offset in positions.items()])
        except KafkaException as failure:
            self._failed(failure.args[0].str())

    def _failed(self, why: str) -> None:
        self._asked = None
        self._failures += 1
        if self._thinned.is_due(self._failures):
            log.warning(
                "how far this engine is could not be told to its consumer group (%s), %d times so far: "
                "`tollgate status` shows an older place; decisions go on",
                why,
                self._failures,
            )
