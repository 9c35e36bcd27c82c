"""Days of a simulated world through an engine: payments, and what follows each verdict when it is due.

Order: what is due before a part of a day is on the log before that part's payments, and so do the labels
that the label agent makes of it; the next part begins when all of them were decided. So nothing is known to
the engine before it happened, and nothing later than half a day; and the same world gives the same decisions.
"""

import heapq
from collections.abc import Sequence
from itertools import count
from typing import Final

from learning.story.decision_follower import DecisionFollower
from learning.story.stage import Stage
from learning.story.waiting import LabelAgent
from models.messages import DecisionView, Payment, encode
from models.units import DAY_MS
from simulation.aftermath import ScheduledMessage
from simulation.world import World
from streams.errors import Outage
from streams.kafka import HISTORY, Sender, Topics

PARTS: Final = 2
KINDS: Final = {"Outcome": "outcome", "Dispute": "dispute", "AnalystVerdict": "analyst_verdict"}


class WorldDays:
    """Plays a world's days, one after another. Use as a context manager."""

    def __init__(self, stage: Stage, world: World) -> None:
        self.world, self.sent = world, 0
        self._stage, self._topics = stage, Topics(stage.engine)
        self._agent = LabelAgent(stage)
        self._due: list[tuple[int, int, ScheduledMessage]] = []
        self._number = count()

    def __enter__(self) -> "WorldDays":
        self._sender = Sender(self._stage.bootstrap, self._stage.engine)
        self._answers = DecisionFollower(self._stage.bootstrap, self._stage.engine)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._answers.close()
        self._agent.close()
        self._sender.__exit__(kind, *rest)

    def play(self, number: int) -> list[DecisionView]:
        """Day `number`, from 0: its decisions."""
        payments = self.world.day(number)
        begin = self.world.start_ms + number * DAY_MS
        found: list[DecisionView] = []
        for part in range(PARTS):
            start, end = (begin + at * DAY_MS // PARTS for at in (part, part + 1))
            self.settle(start)
            found += self._decided([one for one in payments if start <= one.occurred_at < end])
        return found

    def settle(self, at_ms: int) -> None:
        """Everything due by then is on the log, and the label agent has seen it."""
        self._send_due(at_ms)
        self._agent.wait(self._agent.ends())

    def _send_due(self, at_ms: int) -> None:
        while self._due and self._due[0][0] <= at_ms:
            _, _, due = heapq.heappop(self._due)
            kind = KINDS[type(due.message).__name__]
            self._sender.send(self._topics[due.role], kind, due.message.payment_id, encode(due.message))
        self._sender.finish()

    def _decided(self, payments: Sequence[Payment]) -> list[DecisionView]:
        for payment in payments:
            self._sender.send(self._topics[HISTORY], "payment", payment.payment_id, encode(payment))
        self._sender.finish()
        self.sent += len(payments)
        answers = self._answers.take(len(payments), self._stage.alive)
        if [one.payment_id for one in answers] != [one.payment_id for one in payments]:
            raise Outage(f"engine {self._stage.engine} answered other payments than were sent: see its log")
        for dues in self.world.aftermaths(payments, [one.verdict for one in answers]):
            for due in dues:
                heapq.heappush(self._due, (due.at_ms, next(self._number), due))
        return answers
