"""From which topics tables are filled, and in which order.

Three stages, each with progress of its own in Kafka: `inputs` (payments, controls, what is written beside
them), `answers` (decisions and dead letters), `reports` (what is said of payments after their decision).

Invariant: a later stage is inserted only when the earlier ones hold all that lay on the log before it. So a
decision finds its payment, and an outcome or label its decision, at the first try as at every later one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from models.lists import ListAnswer
from models.messages import (
    AnalystVerdict,
    Control,
    DeadLetter,
    Decision,
    Dispute,
    JournalEntry,
    Label,
    Outcome,
    Payment,
)
from models.trust import ControlEnvelope


@dataclass(frozen=True)
class SinkStage:
    """Topics that are sunk together."""

    name: str
    group_suffix: str
    """Of the consumer group and transactional id `ENGINE-clickhouse...` that keep its progress."""
    sources: Mapping[str, tuple[type, ...]] = field(hash=False)
    """Role of a topic -> messages that have rows. What else lies there belongs to another stage or to none.
    """


STAGES: Final = (
    SinkStage(
        "inputs",
        "-inputs",
        {
            "payments": (Payment,),
            "history": (Payment, Control, ControlEnvelope),
            "controls": (Control, ControlEnvelope),
            "journal": (JournalEntry,),
            "list-audit": (ListAnswer,),
        },
    ),
    SinkStage("answers", "", {"decisions": (Decision,), "dead-letters": (DeadLetter,)}),
    SinkStage(
        "reports",
        "-reports",
        {
            "outcomes": (Outcome,),
            "labels": (Label,),
            "disputes": (Dispute, AnalystVerdict),
            "history": (Outcome, Label),
        },
    ),
)
"""In the order in which they are inserted."""

REQUIRED: Final = ("decisions", "dead-letters")
"""An engine has these; other topics may come later or never (a live engine has no history)."""


def sink_group(engine: str, stage: SinkStage) -> str:
    """The consumer group (and transactional id) under which an engine's sink keeps the progress of a stage.

    >>> sink_group("live", STAGES[0])
    'live-clickhouse-inputs'
    """
    return f"{engine}-clickhouse{stage.group_suffix}"
