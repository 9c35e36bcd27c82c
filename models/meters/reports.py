"""From stages of disputes to reports that schemes count: fraud notices and first chargebacks.

| stages of a payment's disputes | report | resolution |
|---|---|---|
| fraud notice | fraud notice, when it came | see below |
| chargeback | dispute, when it came; what follows it adds none | see below |
| representment or arbitration alone | dispute, at the first of them: there was a chargeback | |
| prevented, without a chargeback | dispute | pre-dispute, at once: no scheme counts it |
| inquiry alone | none | |

The resolution of one dispute takes the payment's fraud notices with it: a fraud that was prevented before the
dispute (Visa RDR), or a Visa fraud dispute (10.4) reversed because the cardholder took part (Compelling
Evidence 3.0). Messages do not tell RDR from other ways to prevent a dispute; of those, some leave the notice
in Visa's count (public sources name CDRN), so with such a provider the meter is on the low side.

Invariant: reports depend on the set of stages alone, not on their order, nor on repetition. Of stages of one
dispute, kind and time that differ in something else, the first by the other fields counts (`_order`): of two
amounts the lesser.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from models.labels import ReasonMeaning, reason_meaning
from models.messages import Channel, DisputeStage, ReversalGround
from models.meters.activity import NEVER, ReportKind, ReportRows, Resolution, texts

CHARGED_BACK: Final = frozenset(
    {
        DisputeStage.CHARGEBACK,
        DisputeStage.REPRESENTMENT,
        DisputeStage.PRE_ARBITRATION,
        DisputeStage.ARBITRATION,
    }
)
"""Stages that show that there was a chargeback."""
COMPELLING_EVIDENCE_CODES: Final = frozenset({("visa", "10.4")})


class StageRow(NamedTuple):
    """One stage of one dispute, with what meters need of its payment."""

    payment: Hashable
    """What tells the payment from others."""
    merchant: str
    acquirer: str
    country: str | None
    """Of the merchant."""
    dispute_id: str
    stage: DisputeStage
    at_ms: int
    scheme: str | None
    reason_code: str | None
    ground: ReversalGround | None
    channel: Channel | None
    amount: int
    """What is disputed, minor units."""
    currency: str


class _Report(NamedTuple):
    stage: StageRow
    kind: ReportKind
    fraud: bool
    resolution: Resolution
    resolved_at: int


def reports(stages: Iterable[StageRow]) -> ReportRows:
    """The reports of some stages, by time of the report."""
    by_payment: dict[Hashable, dict[str, list[StageRow]]] = defaultdict(lambda: defaultdict(list))
    for stage in sorted(set(stages), key=_order):
        by_payment[stage.payment][stage.dispute_id].append(stage)
    rows = [report for disputes in by_payment.values() for report in _of_payment(list(disputes.values()))]
    return _columns(sorted(rows, key=lambda row: (row.stage.at_ms, row.stage.merchant, row.stage.dispute_id)))


def _order(row: StageRow) -> tuple[object, ...]:
    """By time, dispute and stage, then by every other field, so that no two rows tie; None comes last."""
    others = (row.amount, row.currency, row.merchant, row.acquirer, row.country, row.scheme, row.reason_code,
              row.ground, row.channel)  # fmt: skip
    last = ((value is None, value) for value in others)
    return row.at_ms, row.dispute_id, row.stage, *last, repr(row.payment)


def _of_payment(disputes: Sequence[Sequence[StageRow]]) -> list[_Report]:
    claimed = [report for stages in disputes for report in _dispute(stages)]
    resolution, when = _notice_resolution(claimed)
    notices = [
        next(row for row in stages if row.stage is DisputeStage.FRAUD_NOTICE)
        for stages in disputes
        if any(row.stage is DisputeStage.FRAUD_NOTICE for row in stages)
    ]
    return [*claimed, *(_Report(row, ReportKind.FRAUD_NOTICE, True, resolution, when) for row in notices)]


def _dispute(stages: Sequence[StageRow]) -> list[_Report]:
    """The dispute of these stages, in order of time; none where there was no chargeback nor prevention."""
    fraud = any(_claims_fraud(row) for row in stages)
    charged = next((row for row in stages if row.stage is DisputeStage.CHARGEBACK), None)
    charged = charged or next((row for row in stages if row.stage in CHARGED_BACK), None)
    if charged is None:
        prevented = next((row for row in stages if row.stage is DisputeStage.PREVENTED), None)
        if prevented is None:
            return []
        return [_Report(prevented, ReportKind.DISPUTE, fraud, Resolution.PRE_DISPUTE, prevented.at_ms)]
    won = next((row for row in stages if _is_compelling(row)), None)
    if won is None:
        return [_Report(charged, ReportKind.DISPUTE, fraud, Resolution.NONE, NEVER)]
    return [_Report(charged, ReportKind.DISPUTE, fraud, Resolution.COMPELLING_EVIDENCE, won.at_ms)]


def _claims_fraud(row: StageRow) -> bool:
    if row.reason_code is None:
        return False
    meaning = reason_meaning(row.scheme, row.reason_code)
    return meaning in (ReasonMeaning.CARD_ABSENT_FRAUD, ReasonMeaning.CARD_PRESENT_FRAUD)


def _is_compelling(row: StageRow) -> bool:
    reversed_by = row.stage is DisputeStage.REVERSED and row.ground is ReversalGround.PARTICIPATION_SHOWN
    return reversed_by and (_scheme(row), (row.reason_code or "").strip()) in COMPELLING_EVIDENCE_CODES


def _notice_resolution(claimed: Sequence[_Report]) -> tuple[Resolution, int]:
    """What takes the payment's notices out: the first fraud dispute that was resolved."""
    resolved = [row for row in claimed if row.fraud and row.resolution is not Resolution.NONE]
    first = min(resolved, key=lambda row: row.resolved_at, default=None)
    return (Resolution.NONE, NEVER) if first is None else (first.resolution, first.resolved_at)


def _scheme(row: StageRow) -> str | None:
    return None if row.scheme is None else row.scheme.strip().lower()


def _columns(rows: Sequence[_Report]) -> ReportRows:
    stages = [row.stage for row in rows]
    return ReportRows(
        merchants=texts([row.merchant for row in stages]),
        acquirers=texts([row.acquirer for row in stages]),
        countries=texts([row.country for row in stages]),
        schemes=texts([_scheme(row) for row in stages]),
        kinds=np.array([row.kind for row in rows], np.uint8),
        reported_at=np.array([row.at_ms for row in stages], np.int64),
        fraud=np.array([row.fraud for row in rows], np.bool_),
        card_absent=np.array([row.channel is not Channel.POS for row in stages], np.bool_),
        resolutions=np.array([row.resolution for row in rows], np.uint8),
        resolved_at=np.array([row.resolved_at for row in rows], np.int64),
        amounts=np.array([row.amount for row in stages], np.int64),
        currencies=texts([row.currency for row in stages]),
    )
