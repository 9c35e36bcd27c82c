"""The rows of tables `decisions` and `decided_payments`: each decision, with what its payment says."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from models.messages import Champion, Decision
from streams.warehouse.tables.columns import Columns, coordinates, lists, numbers, texts, times
from streams.warehouse.tables.facts import DecidedFacts, PaymentTokens
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.row import Row

PAYMENT_TEXTS: Final = PaymentTokens._fields[1:]


def decision_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:  # noqa: ARG001 - as every table's
    """`facts` of a row are `DecidedFacts`."""
    decisions: list[Decision] = [row.content for row in rows]
    appended = np.array([row.appended_at for row in rows], np.int64)
    received = np.array([d.received_at for d in decisions], np.int64)
    return {
        "sequence": numbers((d.sequence for d in decisions), pa.uint64()),
        **_names(decisions),
        "verdict": texts(d.verdict.value for d in decisions),
        "probability": numbers((d.probability for d in decisions), pa.float64()),
        "score": numbers((d.score for d in decisions), pa.uint8()),
        "hits": lists(d.hits for d in decisions),
        **_money(decisions),
        "method": texts(d.method.value for d in decisions),
        "merchant_id": texts(d.merchant_id for d in decisions),
        "merchant_country": texts(d.merchant_country for d in decisions),
        "occurred_at": times([d.occurred_at for d in decisions]),
        "received_at": times(received),
        "engine_time": times([d.engine_time for d in decisions]),
        "decided_at": times(appended),
        "latency_ms": pa.array(appended - received),
        **_versions(decisions),
        "duplicate": numbers((d.duplicate for d in decisions), pa.bool_()),
        "degraded": lists(d.degraded for d in decisions),
        "decided_by": texts(d.decided_by for d in decisions),
        "level": texts(d.level for d in decisions),
        "deciding_rule": texts(deciding_rule(d) for d in decisions),
        "tags": lists(d.tags for d in decisions),
        "shadow_hits": lists(d.shadow_hits for d in decisions),
        "reasons": lists([reason.code for reason in d.reasons] for d in decisions),
        "propensity": numbers((d.propensity for d in decisions), pa.float64()),
        **_authentication(decisions),
        **_trial(decisions),
        "redacted": lists(d.redacted for d in decisions),
        "late": numbers((d.late for d in decisions), pa.bool_()),
        **_payment(rows, PAYMENT_TEXTS),
        "payment_known": numbers((_facts(row).payment.payment_known for row in rows), pa.bool_()),
        **_superseded(rows),
        **coordinates(rows),
    }


def decided_payment_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:  # noqa: ARG001
    """The same rows, without repeated answers and with few columns."""
    decisions: list[Decision] = [row.content for row in rows]
    return {
        **_names(decisions),
        "decided_at": times([row.appended_at for row in rows]),
        "engine_time": times([d.engine_time for d in decisions]),
        "verdict": texts(d.verdict.value for d in decisions),
        "decided_by": texts(d.decided_by for d in decisions),
        "deciding_rule": texts(deciding_rule(d) for d in decisions),
        "hits": lists(d.hits for d in decisions),
        "model": texts(d.versions.model for d in decisions),
        "ruleset": texts(d.versions.ruleset for d in decisions),
        **_money(decisions),
        "merchant_id": texts(d.merchant_id for d in decisions),
        "merchant_country": texts(d.merchant_country for d in decisions),
        **_payment(rows, ("bin", "issuer_country", "mcc", "channel")),
        **_trial(decisions),
        "probability": numbers((d.probability for d in decisions), pa.float64()),
        "shadow_hits": lists(d.shadow_hits for d in decisions),
        **coordinates(rows),
    }


def deciding_rule(decision: Decision) -> str:
    """The rule that decided: its reason comes first, and only a rule has a level. Empty where none did."""
    return decision.reasons[0].code if decision.level and decision.reasons else ""


def _names(decisions: Sequence[Decision]) -> Columns:
    return {
        "merchant_account": texts(d.merchant_account for d in decisions),
        "payment_id": texts(d.payment_id for d in decisions),
        "attempt": numbers((d.attempt for d in decisions), pa.uint8()),
        "phase": texts(d.phase.value for d in decisions),
    }


def _money(decisions: Sequence[Decision]) -> Columns:
    return {
        "amount": numbers((d.amount for d in decisions), pa.int64()),
        "currency": texts(d.currency for d in decisions),
        "reference_amount": numbers((d.reference_amount for d in decisions), pa.int64()),
    }


def _versions(decisions: Sequence[Decision]) -> Columns:
    versions = [d.versions for d in decisions]
    return {
        "model": texts(v.model for v in versions),
        "ruleset": texts(v.ruleset for v in versions),
        "policy": texts(v.policy for v in versions),
        "catalogue": texts(v.catalogue for v in versions),
    }


def _authentication(decisions: Sequence[Decision]) -> Columns:
    results = [d.sca for d in decisions]
    return {
        "sca": texts(sca.status if sca else "" for sca in results),
        "sca_exemption": texts(sca.exemption if sca else "" for sca in results),
        "sca_scope": texts(sca.scope if sca else "" for sca in results),
        "liability": texts(sca.liability if sca else "" for sca in results),
    }


def _trial(decisions: Sequence[Decision]) -> Columns:
    challengers = [d.challenger for d in decisions]
    champions: list[Champion | None] = [None if c is None else c.champion for c in challengers]
    columns: Columns = {}
    for name, results in (("challenger", challengers), ("champion", champions)):
        columns[f"{name}_model"] = texts(result.model if result else "" for result in results)
        columns[f"{name}_probability"] = numbers(
            (result.probability if result else None for result in results), pa.float64()
        )
        columns[f"{name}_verdict"] = texts(result.verdict.value if result else "" for result in results)
    return columns


def _payment(rows: Sequence[Row], names: Sequence[str]) -> Columns:
    facts = [_facts(row).payment for row in rows]
    return {name: texts(getattr(fact, name) for fact in facts) for name in names}


def _superseded(rows: Sequence[Row]) -> Columns:
    facts = [_facts(row).superseded for row in rows]
    names = {"verdict": "verdict", "decided_by": "decided_by", "rule": "deciding_rule", "model": "model"}
    return {
        **{f"superseded_{name}": texts(getattr(f, field) for f in facts) for name, field in names.items()},
        "superseded_hits": lists(f.hits for f in facts),
        "superseded_reference_amount": numbers((f.reference_amount for f in facts), pa.int64()),
    }


def _facts(row: Row) -> DecidedFacts:
    facts: DecidedFacts = row.facts or DecidedFacts()
    return facts
