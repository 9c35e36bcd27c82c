"""What one batch gives: answers, vectors, dead letters, effects; and who may look on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import msgspec

from models.arrays import Floats, Int64s
from models.messages import Control, DeadLetter, Payment, Refusal, SignedRange, Versions


class RuleText(msgspec.Struct, frozen=True):
    """What decisions say of a rule: kept as long as a duplicate may ask for it."""

    id: str
    description: str
    level: str
    tag: str | None = None


@dataclass(frozen=True)
class DecisionOrigin:
    """What of a context a decision names: kept as long as a duplicate may ask for it."""

    versions: Versions
    missing: int
    """Bits of what had not been published yet, see `streams.engine.decision.context`."""
    rules: tuple[RuleText, ...]
    challenger: str | None = None
    """Version of the model on trial."""


class EncodedAnswer(NamedTuple):
    """One decision or refusal to be sent."""

    record: int
    """Index of the payment's record in the batch."""
    key: str
    body: bytes
    """JSON."""
    kind: str = "decision"
    """Or `refusal`."""


@dataclass
class VectorBlock:
    """The vectors of one segment's n new decisions."""

    payments: list[Payment]
    sequences: Int64s
    received: list[int]
    """When the payments were appended to their topic, ms."""
    times: Int64s
    """Engine times, ms."""
    matrix: Floats
    """Shape (n, features)."""


@dataclass
class BatchResult:
    """All that one batch gives."""

    answers: list[EncodedAnswer] = field(default_factory=list)
    """Decisions, in log order."""
    refused: dict[int, Refusal] = field(default_factory=dict)
    """Refusals, by the index of the payment's record in the batch."""
    refusals: list[EncodedAnswer] = field(default_factory=list)
    """The same to be sent, in log order."""
    dead_letters: list[tuple[int, DeadLetter]] = field(default_factory=list)
    """Each with the index of its record in the batch."""
    vectors: list[VectorBlock] = field(default_factory=list)
    controls: list[int] = field(default_factory=list)
    """Indices of the records whose controls took effect."""
    effects: list[Control] = field(default_factory=list)
    """Controls that the decisions bring about."""
    puts_refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """List entries that rules asked for and the policy did not allow, by list and reason."""
    statements: dict[int, bytes] = field(default_factory=dict)
    """By their index in `effects`, the texts to be signed; none where controls need not be signed."""
    signed: list[SignedRange] = field(default_factory=list)
    """Who signed the controls that were accepted."""
    new: int = 0
    """New decisions: valid payments not decided before."""
    duplicates: int = 0
    degraded: int = 0
    """Bits of what any new decision had to do without."""
    late: int = 0
    """New decisions on payments that arrived late."""

    @property
    def in_log_order(self) -> Iterator[EncodedAnswer]:
        """Decisions and refusals, as they are sent."""
        if not self.refusals:
            return iter(self.answers)
        return merge(self.answers, self.refusals, key=attrgetter("record"))


class BatchObserver(Protocol):
    """Looks on while an engine makes its batches, to measure or to trace them.

    Invariant: an observer changes nothing of what is decided, and lets no fault of its own out.
    """

    def begins(self) -> None:
        """A step begins."""

    def stage(self, name: str) -> None:
        """A stage of the step is over: `wait` for records, `apply`, `encode`, `commit`."""

    def committed(self, engine: Any, batch: Any, result: BatchResult) -> None:
        """This batch of the engine was committed."""

    def idle(self, engine: Any) -> None:
        """No records had come."""


class PaymentTracing(Protocol):
    """Traces payments (`streams.traces`): it adds a header to answers, and changes nothing else."""

    def note(self, message: Any) -> None:
        """This record was read."""

    def sending(self, batch: Any, result: BatchResult, messages: list[Any]) -> None:
        """A batch is about to be sent; the answers' messages come first, in order."""

    def committed(self) -> None:
        """It was."""


class NoObserver:
    """Nobody looks on."""

    def begins(self) -> None:
        """Nothing."""

    def stage(self, name: str) -> None:
        """Nothing."""

    def committed(self, engine: Any, batch: Any, result: BatchResult) -> None:
        """Nothing."""

    def idle(self, engine: Any) -> None:
        """Nothing."""
