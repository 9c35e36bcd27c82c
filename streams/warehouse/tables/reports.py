"""What comes after a decision, with the decision that stood: outcomes, labels, disputes, reviews."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from models.labels import strength
from models.messages import Tokens
from models.units import DAY_MS
from streams.warehouse.tables.columns import Columns, appended_at, coordinates, lists, numbers, texts, times
from streams.warehouse.tables.facts import DecisionFacts, DisputeFacts, LabelFacts, OutcomeFacts
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.row import Row

DAYS_MAX = 65_535


def outcome_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:
    """`facts` of a row are `OutcomeFacts`."""
    outcomes = [row.content for row in rows]
    facts: list[OutcomeFacts] = [row.facts or OutcomeFacts() for row in rows]
    return {
        "kind": texts(o.kind.value for o in outcomes),
        "at": times([o.at for o in outcomes]),
        **_money(outcomes),
        "reference_amount": numbers(
            (f.decision.in_euro_cents(o.amount, o.currency) for f, o in zip(facts, outcomes, strict=True)),
            pa.int64(),
        ),
        "decline_group": texts(o.decline_group.value if o.decline_group else "" for o in outcomes),
        "response_code": texts(o.response_code for o in outcomes),
        "refund_reason": texts(o.refund_reason for o in outcomes),
        "repeated": numbers((f.repeated for f in facts), pa.bool_()),
        "first_of_kind": numbers((f.first_of_kind for f in facts), pa.bool_()),
        "challenged": numbers((f.decision.was_challenged for f in facts), pa.bool_()),
        **_common(rows, [f.decision for f in facts], networks),
    }


def label_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:
    """`facts` of a row are `LabelFacts`."""
    labels = [row.content for row in rows]
    facts: list[LabelFacts] = [row.facts or LabelFacts() for row in rows]
    return {
        "label": texts(each.label.value for each in labels),
        "source": texts(each.source for each in labels),
        "strength": numbers((strength(each.source, each.final) for each in labels), pa.uint8()),
        "final": numbers((each.final for each in labels), pa.bool_()),
        "weight": numbers((each.weight for each in labels), pa.float64()),
        "repeats": numbers((each.repeats for each in labels), pa.bool_()),
        "known_at": times([each.known_at for each in labels]),
        "age_days": numbers(
            (
                age_days(f.decision.cohort_at(each.occurred_at), each.known_at)
                for f, each in zip(facts, labels, strict=True)
            ),
            pa.uint16(),
        ),
        "stood_before": texts(f.stood_before for f in facts),
        "stands_after": texts(f.stands_after for f in facts),
        **_trial([f.decision for f in facts]),
        **_money(labels),
        **_common(rows, [f.decision for f in facts], networks),
    }


def dispute_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:
    """`facts` of a row are `DisputeFacts`."""
    disputes = [row.content for row in rows]
    facts: list[DisputeFacts] = [row.facts or DisputeFacts() for row in rows]
    parts = [d.amount if d.disputed_amount is None else d.disputed_amount for d in disputes]
    return {
        "dispute_id": texts(d.dispute_id for d in disputes),
        "stage": texts(d.stage.value for d in disputes),
        "at": times([d.at for d in disputes]),
        **_money(disputes),
        "disputed_amount": numbers(parts, pa.int64()),
        "reference_amount": numbers(
            (
                f.decision.in_euro_cents(part, d.currency)
                for f, part, d in zip(facts, parts, disputes, strict=True)
            ),
            pa.int64(),
        ),
        "scheme": texts(d.scheme for d in disputes),
        "reason_code": texts(d.reason_code for d in disputes),
        "ground": texts(d.ground.value if d.ground else "" for d in disputes),
        "dispute_channel": texts(d.channel.value if d.channel else "" for d in disputes),
        "repeated": numbers((f.repeated for f in facts), pa.bool_()),
        **_common(rows, [f.decision for f in facts], networks),
    }


def review_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:
    """`facts` of a row are `DecisionFacts`."""
    verdicts = [row.content for row in rows]
    return {
        "label": texts(v.label.value for v in verdicts),
        "at": times([v.at for v in verdicts]),
        "author": texts(v.author for v in verdicts),
        "reason": texts(v.reason for v in verdicts),
        **_money(verdicts),
        **_common(rows, [row.facts or DecisionFacts(False) for row in rows], networks),
    }


def age_days(cohort_at: int, known_at: int) -> int:
    """Whole days from a payment (ms) until something was known of it (ms).

    >>> age_days(0, DAY_MS - 1), age_days(0, 3 * DAY_MS), age_days(DAY_MS, 0)
    (0, 3, 0)
    """
    return max(0, min(DAYS_MAX, (known_at - cohort_at) // DAY_MS))


def _money(reports: Sequence[Any]) -> Columns:
    return {
        "amount": numbers((each.amount for each in reports), pa.int64()),
        "currency": texts(each.currency for each in reports),
    }


def _common(rows: Sequence[Row], decisions: Sequence[DecisionFacts], networks: IpNetworks) -> Columns:
    """Which payment it is about, what was decided, whose tokens it has, where it lies on the log."""
    reports = [row.content for row in rows]
    occurred = [each.occurred_at for each in reports]
    cohorts = [d.cohort_at(time_ms) for d, time_ms in zip(decisions, occurred, strict=True)]
    return {
        "merchant_account": texts(each.merchant_account for each in reports),
        "payment_id": texts(each.payment_id for each in reports),
        "attempt": numbers((each.attempt for each in reports), pa.uint8()),
        "occurred_at": times(occurred),
        "cohort_at": times(np.array(cohorts, np.int64)),
        **_decision(decisions),
        **_tokens([each.tokens for each in reports], networks),
        **_sides([each.tokens for each in reports], decisions),
        "appended_at": appended_at(rows),
        **coordinates(rows),
    }


def _decision(decisions: Sequence[DecisionFacts]) -> Columns:
    names = (
        "verdict", "decided_by", "deciding_rule", "model", "ruleset", "merchant_country", "mcc", "channel"
    )  # fmt: skip
    return {
        "decision_known": numbers((d.decision_known for d in decisions), pa.bool_()),
        **{name: texts(getattr(d, name) for d in decisions) for name in names},
        "hits": lists(d.hits for d in decisions),
        "payment_reference_amount": numbers((d.reference_amount for d in decisions), pa.int64()),
    }


def _sides(tokens: Sequence[Tokens], decisions: Sequence[DecisionFacts]) -> Columns:
    """Merchant and issuer, as the payment was decided: it is counted under one of each, whatever a report
    says.
    """
    both = list(zip(tokens, decisions, strict=True))
    return {
        "merchant_id": texts(d.merchant_id if d.decision_known else t.merchant_id for t, d in both),
        "bin": texts(d.bin if d.decision_known else t.method.bin for t, d in both),
        "issuer_country": texts(d.issuer_country if d.decision_known else t.method.country for t, d in both),
    }


def _trial(decisions: Sequence[DecisionFacts]) -> Columns:
    names = ("challenger_model", "challenger_verdict", "champion_model", "champion_verdict")
    said = ("probability", "challenger_probability", "champion_probability")
    return {
        **{name: texts(getattr(d, name) for d in decisions) for name in names},
        **{name: numbers((getattr(d, name) for d in decisions), pa.float64()) for name in said},
        "shadow_hits": lists(d.shadow_hits for d in decisions),
    }


def _tokens(tokens: Sequence[Tokens], networks: IpNetworks) -> Columns:
    return {
        "method": texts(t.method.kind.value for t in tokens),
        "card": texts(t.method.token for t in tokens),
        "customer": texts(t.customer_id for t in tokens),
        "device": texts(t.device_id for t in tokens),
        "ip_network": pa.array(networks.hashed(t.ip for t in tokens), pa.string()),
        "email": texts(t.email_token for t in tokens),
        "delivery_address": texts(t.delivery_address_token for t in tokens),
    }
