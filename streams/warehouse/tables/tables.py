"""Which messages have rows in which table, and the blocks of a range.

Invariant: the same messages with the same facts give the same blocks, byte for byte: nothing else (clock,
order of sets) goes into them. A range has at most one block for each table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

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
from streams.warehouse.stages import SinkStage
from streams.warehouse.tables.columns import Columns
from streams.warehouse.tables.controls import control_columns, list_answer_columns
from streams.warehouse.tables.dead_letters import dead_letter_columns
from streams.warehouse.tables.decisions import decided_payment_columns, decision_columns
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.journal import journal_columns
from streams.warehouse.tables.payments import payment_columns
from streams.warehouse.tables.reports import dispute_columns, label_columns, outcome_columns, review_columns
from streams.warehouse.tables.row import Row
from streams.warehouse.tables.timeline import timeline_columns


@dataclass(frozen=True)
class WarehouseTable:
    """A table that is filled row by row from the log."""

    name: str
    types: tuple[type, ...]
    """Of the messages that have rows in it."""
    columns: Callable[[Sequence[Row], IpNetworks], Columns]
    takes: Callable[[Any], bool] = lambda _: True
    """Which of these messages."""
    is_primary: bool = True
    """Each message with rows has one in exactly one primary table; in others it is shown once more."""

    def block(self, rows: Sequence[Row], networks: IpNetworks) -> pa.RecordBatch | None:
        """What the rows of a range give in this table; None where they give nothing."""
        own = [row for row in rows if type(row.content) in self.types and self.takes(row.content)]
        return pa.RecordBatch.from_pydict(self.columns(own, networks)) if own else None


def _is_new(decision: Decision) -> bool:
    return not decision.duplicate


def _is_on_a_timeline(content: Any) -> bool:
    if isinstance(content, Decision):
        return not content.duplicate
    return not isinstance(content, DeadLetter) or bool(content.answered and content.payment_id)


TABLES: Final = (
    WarehouseTable("payments", (Payment,), payment_columns),
    WarehouseTable("decisions", (Decision,), decision_columns),
    WarehouseTable("decided_payments", (Decision,), decided_payment_columns, _is_new, is_primary=False),
    WarehouseTable("dead_letters", (DeadLetter,), dead_letter_columns),
    WarehouseTable("outcomes", (Outcome,), outcome_columns),
    WarehouseTable("labels", (Label,), label_columns),
    WarehouseTable("disputes", (Dispute,), dispute_columns),
    WarehouseTable("reviews", (AnalystVerdict,), review_columns),
    WarehouseTable(
        "timeline",
        (Decision, DeadLetter, Outcome, Label, Dispute, AnalystVerdict),
        timeline_columns,
        _is_on_a_timeline,
        is_primary=False,
    ),
    WarehouseTable("controls", (Control, ControlEnvelope), control_columns),
    WarehouseTable("journal", (JournalEntry,), journal_columns),
    WarehouseTable("list_answers", (ListAnswer,), list_answer_columns),
)
"""In the order in which a range is inserted."""


def blocks(rows: Sequence[Row], networks: IpNetworks) -> dict[str, pa.RecordBatch]:
    """The rows of a range by table; tables that get none are left out."""
    made = {table.name: table.block(rows, networks) for table in TABLES}
    return {name: block for name, block in made.items() if block is not None}


def roles_of(table: WarehouseTable, stage: SinkStage) -> tuple[str, ...]:
    """The topics of a stage that fill a table.

    >>> from streams.warehouse.stages import STAGES
    >>> roles_of(TABLES[0], STAGES[0])
    ('payments', 'history')
    """
    return tuple(role for role, types in stage.sources.items() if set(types) & set(table.types))


def primary_tables(stage: SinkStage, role: str) -> tuple[str, ...]:
    """The tables that a topic fills in a stage: each of its messages that has rows has one in one of them.

    >>> from streams.warehouse.stages import STAGES
    >>> primary_tables(STAGES[2], "disputes")
    ('disputes', 'reviews')
    """
    kinds = set(stage.sources[role])
    return tuple(table.name for table in TABLES if table.is_primary and kinds & set(table.types))
