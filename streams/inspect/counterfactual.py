"""Inputs of `models.policy.counterfactual` for one payment: from the log, as decided, or written by hand.

Written by hand is a payment (as on the topic), or an object with further inputs:

    {"payment": {...}, "features": {"card_payment_count_1h": 6}, "probability": 0.02,
     "lists": {"vip": ["c_1"]}}

What the policy needs besides the rules is taken from the decision where there is one: what was missing,
whether authentication is owed and who bears the loss. The review queue's load is the last one reported on the
log before it. The holdout's draw is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np

from models.messages import Channel, Decision, MethodKind, ModelsChange, Phase, encode
from models.policy import (
    FALLBACK_POLICY,
    NO_PROBABILITY,
    Counterfactual,
    CounterfactualCase,
    PolicyRows,
    why_not,
)
from models.sca import challengeable, merchant_initiated
from models.units import MICRO
from streams.engine.admission import PHASES
from streams.engine.decision import Context, rule_schema
from streams.errors import Misconfigured
from streams.inspect.payment_case import PaymentCase, context_at, parse_payment, rule_rows
from streams.settings import Settings

AUTHENTICATED: Final = ("Y", "A")
VERDICT_NEUTRAL: Final = frozenset({"warming", "hits"})
"""Values of `degraded` that do not affect the verdict."""
REAL_UNITS: Final = frozenset(
    {"share", "ratio", "hours", "days", "seconds", "doublings", "km/h", "standard deviations"}
)


@dataclass(frozen=True)
class SuppliedInputs:
    """Inputs written by hand together with a payment."""

    features: Mapping[str, float] = field(default_factory=dict)
    probability: float | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class _SuppliedPayment(msgspec.Struct, forbid_unknown_fields=True):
    payment: dict[str, Any]
    features: dict[str, float] = {}
    probability: float | None = None
    lists: dict[str, tuple[str, ...]] = {}


def parse_case(text: str, names: frozenset[str]) -> tuple[PaymentCase, SuppliedInputs]:
    """The payment and the further inputs in a JSON text. `names`: of features. Raises `Misconfigured`."""
    try:
        document = msgspec.json.decode(text.encode())
        if not isinstance(document, dict) or "payment" not in document:
            return parse_payment(text), SuppliedInputs()
        supplied = msgspec.convert(document, _SuppliedPayment)
    except msgspec.MsgspecError as error:
        raise Misconfigured(f"the payment cannot be read: {error}") from error
    unknown = sorted(set(supplied.features) - names)
    if unknown:
        raise Misconfigured(f"there is no feature {unknown[0]!r}: `tollgate features list` shows them")
    case = parse_payment(encode({"type": "payment"} | supplied.payment).decode())
    return case, SuppliedInputs(supplied.features, supplied.probability, supplied.lists)


def in_effect_at(settings: Settings, engine: str, catalogue: Any, as_of_ms: int | None) -> Context:
    """Rules, policy, lists and tables, but no models, in effect when a record was appended at `as_of_ms`, or
    at the log's end.
    """
    return context_at(
        settings, engine, catalogue, as_of_ms, lambda change: not isinstance(change, ModelsChange)
    )


def counterfactual(
    context: Context, case: PaymentCase, inputs: SuppliedInputs, wanted: Any = None
) -> Counterfactual:
    """The smallest change of inputs that changes the verdict. Raises `Misconfigured` without a ruleset."""
    if context.ruleset is None:
        raise Misconfigured("no ruleset was live: there is no rule input to change")
    situation = situation_of(context, case, inputs)
    policy = context.policy or FALLBACK_POLICY
    return why_not(context.ruleset, policy, situation, kinds(context.catalogue), wanted)


def kinds(catalogue: Any) -> dict[str, str]:
    """Which numbers are whole, real or 0 and 1, by their units."""
    found = dict.fromkeys(("amount", "reference_amount", "attempt"), "whole")
    for column in catalogue.columns:
        if column.unit == "0 or 1":
            found[column.name] = "flag"
        elif column.unit in REAL_UNITS or "_mean_" in column.name:
            found[column.name] = "real"
        else:
            found[column.name] = "whole"
    return found


def situation_of(context: Context, case: PaymentCase, inputs: SuppliedInputs) -> CounterfactualCase:
    """What rules and policy read of the payment."""
    assert context.ruleset is not None
    rows = rule_rows(context, case)
    wanted = sorted({*context.ruleset.columns_used, *_POLICY_COLUMNS})
    values = {name: _known(rows.column(name)[0]) for name in wanted} | dict(inputs.features)
    if inputs.probability is not None:
        values["probability"] = inputs.probability
    policy = _policy_rows(context, case, values)
    lists = _lists(context, rows, values, inputs)
    key, load = int(rows.sample_keys[0]), context.in_effect.review_load
    return CounterfactualCase(values, policy, rule_schema(context.catalogue), lists, key, rows.rates, load)


_POLICY_COLUMNS: Final = (
    "amount", "currency", "reference_amount", "probability", "method", "phase", "channel", "three_ds_result",
    "liability_shift", "merchant_initiated", "merchant_id",
)  # fmt: skip


def _known(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _lists(
    context: Context, rows: Any, values: Mapping[str, Any], inputs: SuppliedInputs
) -> dict[str, frozenset[str]]:
    """Which of the payment's texts are on which list."""
    assert context.ruleset is not None
    texts = {value for value in values.values() if isinstance(value, str)}
    on = {}
    for name in context.ruleset.lists_used:
        found = {text for text in texts if rows.contains(name, np.array([text], object))[0]}
        on[name] = frozenset(found | (texts & set(inputs.lists.get(name, ()))))
    return on


def _policy_rows(context: Context, case: PaymentCase, values: Mapping[str, Any]) -> PolicyRows:
    probability, decision = values["probability"], case.decision
    unrated = values["reference_amount"] is None
    segmented = context.ruleset is not None and bool(context.ruleset.document.segments)
    authenticated = values["three_ds_result"] in AUTHENTICATED
    codes = _codes(values)
    return PolicyRows(
        probability_micro=_one(_micro(probability), np.int64),
        score=_one(0, np.int64),
        amount=_one(0 if unrated else round(values["reference_amount"]), np.int64),
        challengeable=challengeable(codes),
        degraded=_one(unrated or _lacking(decision), np.bool_),
        authenticated=_one(authenticated, np.bool_),
        liability_shift=_one(_shifted(decision, values), np.bool_),
        merchant_initiated=merchant_initiated(codes),
        phase=_one(PHASES[Phase(values["phase"])], np.uint8),
        forced_challenge=_one(decision is not None and decision.decided_by == "soft_decline", np.bool_),
        keys=_one(0, np.uint64),
        times=_one(case.engine_time, np.int64),
        merchants=np.array([values["merchant_id"]], object),
        parameters_for=context.ruleset.document.parameters_for if segmented and context.ruleset else None,
        sca_outstanding=_one(_owed(decision) and not authenticated, np.bool_),
    )  # fmt: skip


def _micro(probability: float | None) -> int:
    return NO_PROBABILITY if probability is None else round(probability * MICRO)


def _codes(values: Mapping[str, Any]) -> Callable[[str], np.ndarray]:
    """What authentication reads of the payment, as the catalogue's features."""
    codes = {
        "method_code": list(MethodKind).index(MethodKind(values["method"])),
        "channel_code": list(Channel).index(Channel(values["channel"])),
        "is_merchant_initiated": int(values["merchant_initiated"] is True),
    }
    return lambda name: _one(codes[name], np.float64)


def _one(value: Any, kind: Any) -> np.ndarray:
    return np.array([value], kind)


def _lacking(decision: Decision | None) -> bool:
    return decision is not None and bool(set(decision.degraded) - VERDICT_NEUTRAL)


def _shifted(decision: Decision | None, values: Mapping[str, Any]) -> bool:
    if decision is not None and decision.sca is not None:
        return decision.sca.liability == "issuer"
    return values["liability_shift"] is True


def _owed(decision: Decision | None) -> bool:
    return decision is not None and decision.sca is not None and decision.sca.status == "required"
