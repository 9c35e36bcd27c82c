"""What follows the verdicts on a simulated world's payments, as messages for the engine that is recorded."""

import heapq

import msgspec

from models.messages.codec import encode
from models.messages.decision import Decision, Verdict
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, OutcomeKind
from models.messages.payment import Authentication, Payment, Phase
from simulation.world import World

DAY_MS = 86_400_000
FRAUD_CODES = ("10.4", "10.5", "4837", "4849")

Message = tuple[str, str, bytes]
"""Role of the topic, key, value."""
Due = tuple[int, int, str, str, bytes]
"""When (epoch ms), a number that settles ties, and the message."""


class Aftermath:
    """A world's messages in order of time: its payments, and what follows the verdicts on them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: list[Due] = []
        self._payments: dict[str, Payment] = {}
        self._number = 0

    def day(self, number: int) -> list[Message]:
        """Everything due by the end of this day."""
        for payment in self._world.day(number):
            self._pay(payment.occurred_at, payment)
        end = self._world.start_ms + (number + 1) * DAY_MS
        due = []
        while self._waiting and self._waiting[0][0] < end:
            due.append(heapq.heappop(self._waiting)[2:])
        return due

    def hear(self, decisions: list[Decision]) -> None:
        """What the verdicts bring about."""
        for decision in decisions:
            payment = self._payments.get(decision.payment_id)
            if payment is None or decision.duplicate:
                continue
            if decision.attempt == 1 and decision.phase is Phase.PRE_AUTH:
                self._follow(payment, decision.verdict)
            elif decision.phase is Phase.PRE_AUTH and decision.verdict is Verdict.CHALLENGE:
                self._authenticate(payment, decision.engine_time + 40_000, decision.attempt)

    def _follow(self, payment: Payment, verdict: Verdict) -> None:
        for due in self._world.aftermath(payment, verdict):
            message = due.message
            if isinstance(message, Dispute | AnalystVerdict):
                label = label_of(message)
                if label is not None:
                    self._wait(due.at_ms, "labels", payment.payment_id, encode(label))
                continue
            self._wait(due.at_ms, "outcomes", payment.payment_id, encode(message))
            if message.kind is OutcomeKind.AUTHENTICATED:
                self._authenticate(payment, due.at_ms + 500, 1)
            elif message.decline_group in (DeclineGroup.AUTHENTICATION_REQUIRED, DeclineGroup.WRONG_CVV):
                self._pay(due.at_ms + 60_000, msgspec.structs.replace(payment, attempt=2))

    def _authenticate(self, payment: Payment, at_ms: int, attempt: int) -> None:
        self._pay(
            at_ms,
            msgspec.structs.replace(
                payment, attempt=attempt, phase=Phase.POST_3DS,
                authentication=Authentication("2.2.0", "Y", "05", True, cvv_result="M"),
            ),
        )  # fmt: skip

    def _pay(self, at_ms: int, payment: Payment) -> None:
        self._payments.setdefault(payment.payment_id, payment)
        moved = msgspec.structs.replace(payment, occurred_at=at_ms)
        self._wait(at_ms, "payments", payment.payment_id, encode(moved))

    def _wait(self, at_ms: int, role: str, key: str, value: bytes) -> None:
        self._number += 1
        heapq.heappush(self._waiting, (at_ms, self._number, role, key, value))


def label_of(evidence: Dispute | AnalystVerdict) -> Label | None:
    """The label that evidence makes, in the plainest way."""
    if isinstance(evidence, AnalystVerdict):
        value, source = evidence.label, "analyst"
    elif evidence.stage in (DisputeStage.FRAUD_NOTICE, DisputeStage.CHARGEBACK):
        fraud = evidence.reason_code is None or evidence.reason_code in FRAUD_CODES
        value, source = LabelValue.FRAUD if fraud else LabelValue.FRIENDLY, evidence.stage.value
    else:
        return None
    return Label(
        evidence.merchant_account, evidence.payment_id, value, evidence.at, evidence.occurred_at,
        evidence.amount, evidence.currency, evidence.tokens, evidence.attempt, source,
    )  # fmt: skip
