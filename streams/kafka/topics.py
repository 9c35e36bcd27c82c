"""The topics of one engine: names, owners, limits. Inputs are read in the order given here where timestamps
tie.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from models.units import DAY_MS

MESSAGE_INPUTS = ("controls", "labels", "outcomes", "payments")
INPUTS = ("artefacts", *MESSAGE_INPUTS)
"""`artefacts` first: a file is on the log before the control that names it."""
HISTORY: Final = "history"
"""One more input of a historical engine, read last where timestamps tie."""
CARRIES: Final[Mapping[str, tuple[str, ...]]] = {
    "artefacts": ("artefact",),
    "controls": ("control", "signed_control"),
    "labels": ("label",),
    "outcomes": ("outcome",),
    "payments": ("payment",),
    HISTORY: ("payment", "outcome", "label", "control", "signed_control"),
}
"""What may lie on an input topic, by its role: the topic decides, so that who may write payments can write
nothing else. Only a history mixes, in the order in which it happened."""
OUTPUTS = ("decisions", "features", "journal", "dead-letters")

RETENTION_DAYS = {
    "artefacts": -1,
    "controls": -1,
    "labels": 35,
    "outcomes": 35,
    "payments": 35,
    HISTORY: 35,
    "decisions": 35,
    "features": 35,
    "journal": -1,
    "dead-letters": 90,
}
AGENT_RETENTION_DAYS = {
    "list-requests": 35,
    "list-audit": -1,
    "disputes": 800,
    "label-ledger": -1,
    "label-parked": 800,
    "reviews": 35,
}
"""Topics of the agents and the desk of an engine; the engine needs none of them. Evidence is kept for longer
than a dispute may take: 540 days from the payment, and its arbitration.
"""
ENGINE_TOPICS = tuple(RETENTION_DAYS)
AGENT_TOPICS = tuple(AGENT_RETENTION_DAYS)

COMPACTED = frozenset({"label-ledger"})
"""Topics that keep the newest record of each key for ever."""


@dataclass(frozen=True)
class Topics:
    """Topic names of the engine called `engine`: `live.payments`, `live.decisions`, ..."""

    engine: str

    def __getitem__(self, role: str) -> str:
        return f"{self.engine}.{role}"

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self[role] for role in INPUTS)

    def read_by(self, historical: bool) -> tuple[str, ...]:
        """What an engine reads, in the order in which records of one time come; a live one no history."""
        return (*self.inputs, self[HISTORY]) if historical else self.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(self[role] for role in OUTPUTS)


def engines_of(topics: Iterable[str]) -> list[str]:
    """The engines among topic names: those with a journal.

    >>> engines_of(["live.journal", "live.payments", "other"])
    ['live']
    """
    return sorted(name.removesuffix(".journal") for name in topics if name.endswith(".journal"))


def carried_types(topic: str) -> tuple[str, ...]:
    """The types that an input topic may carry; of a topic that is no input, every type.

    >>> carried_types("live.payments")
    ('payment',)
    """
    return CARRIES.get(topic.rpartition(".")[2], CARRIES[HISTORY])


def topic_config(role: str) -> dict[str, str]:
    """Kafka settings of a topic by its role. All are LogAppendTime: sources never set record timestamps."""
    days = retention_days(role)
    return {
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": "-1" if days < 0 else str(days * DAY_MS),
        "retention.bytes": "-1",
        "cleanup.policy": "compact" if role in COMPACTED else "delete",
    }


def retention_days(role: str) -> int:
    """Days for which a topic keeps its messages; below zero is for ever."""
    return RETENTION_DAYS[role] if role in RETENTION_DAYS else AGENT_RETENTION_DAYS[role]
