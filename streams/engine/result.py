"""What one batch gives: answers, vectors, dead letters, effects."""

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import numpy as np

from models.messages import Control, DeadLetter, Payment, Versions


class RuleRecord(msgspec.Struct, frozen=True):
    """What decisions say of a rule: kept as long as a duplicate may ask for it."""

    id: str
    description: str
    level: str
    tag: str | None = None


@dataclass(frozen=True)
class Origin:
    """What of a context a decision names: kept as long as a duplicate may ask for it."""

    versions: Versions
    missing: int
    rules: tuple[RuleRecord, ...]
    challenger: str | None = None


class Answer(NamedTuple):
    """One decision to be sent: the payment's record index in the batch, its key and the JSON body."""

    record: int
    key: str
    body: bytes


@dataclass
class VectorBlock:
    """The vectors of one segment's new decisions."""

    payments: list[Payment]
    sequences: np.ndarray
    received: list[int]
    times: np.ndarray
    matrix: np.ndarray


@dataclass
class Result:
    """All that one batch gives. `payments` counts valid distinct requests, so new decisions."""

    answers: list[Answer] = field(default_factory=list)
    dead_letters: list[tuple[int, DeadLetter]] = field(default_factory=list)
    vectors: list[VectorBlock] = field(default_factory=list)
    effects: list[Control] = field(default_factory=list)
    new: int = 0
    duplicates: int = 0
    degraded: int = 0
