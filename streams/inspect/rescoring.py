"""What if? One payment scored and judged again with some of its inputs changed.

What is changed goes to the model as well, where its artefact and the payment's vector are there; an amount
moves in all columns that hold it. All other features stay as they were logged: those that contain a changed
one (a mean, a ratio) too. So the answer explains model and rules; it is no promise of what another payment
would get.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log2
from typing import Any, Final

import numpy as np

from models.messages import Verdict
from models.policy import FALLBACK_POLICY, VERDICTS
from models.units import MICRO
from streams.engine.decision import Context
from streams.errors import Misconfigured
from streams.inspect.counterfactual import SuppliedInputs, situation_of
from streams.inspect.payment_case import PaymentCase

OWN: Final = frozenset(("amount", "probability"))
"""Inputs that are no features: the amount in minor units, the probability of fraud from 0 to 1."""
LOG_STEPS: Final = 256


@dataclass(frozen=True)
class RescoredVerdict:
    """The verdict as it is by what was in effect, and with the changes."""

    before: Verdict
    after: Verdict
    probability_before: float | None
    probability_after: float | None
    """None: there is none."""
    is_scored: bool
    """The model scored the changed payment; else its probability is as logged, or as given."""
    stopped: tuple[str, ...]
    """Rules that no longer hit."""
    started: tuple[str, ...]
    """Rules that newly hit."""


def rescored(context: Context, case: PaymentCase, changes: Mapping[str, float]) -> RescoredVerdict:
    """The payment judged again with `changes`: values by name, of features or of `OWN`.

    Raises `Misconfigured` for a name that there is not, and without a ruleset.
    """
    ruleset = context.ruleset
    if ruleset is None:
        raise Misconfigured("no ruleset was live: there is nothing to judge by")
    unknown = sorted(set(changes) - OWN - set(context.catalogue.names))
    if unknown:
        raise Misconfigured(f"there is no feature {unknown[0]!r}: `tollgate features list` shows them")
    situation = situation_of(context, case, SuppliedInputs())
    probe = _probe(changes, situation.values, case)
    is_scored = _is_scored(context, case, changes)
    if is_scored:
        probe["probability"] = _scored(context, case, probe)
    codes, rules = situation.judged(ruleset, context.policy or FALLBACK_POLICY, [{}, probe])
    was, now = rules.hits[:, 0], rules.hits[:, 1]
    before, ids = situation.values.get("probability"), ruleset.rule_ids
    return RescoredVerdict(
        VERDICTS[int(codes[0])],
        VERDICTS[int(codes[1])],
        before,
        probe.get("probability", before),
        is_scored,
        tuple(ids[index] for index in np.flatnonzero(was & ~now).tolist()),
        tuple(ids[index] for index in np.flatnonzero(now & ~was).tolist()),
    )


def _probe(changes: Mapping[str, float], values: Mapping[str, Any], case: PaymentCase) -> dict[str, Any]:
    """The changed columns; the amount in each of them."""
    probe: dict[str, Any] = {name: value for name, value in changes.items() if name != "amount"}
    amount, cents = changes.get("amount"), values.get("reference_amount")
    if amount is None:
        return probe
    probe["amount"] = amount
    if cents is not None and case.payment.amount:
        moved = float(round(cents * amount / case.payment.amount))
        probe |= {"reference_amount": moved, "amount_eur_cents": moved}
        probe["amount_log2"] = floor(log2(moved + 1) * LOG_STEPS) / LOG_STEPS
    return probe


def _is_scored(context: Context, case: PaymentCase, changes: Mapping[str, float]) -> bool:
    return context.scorer is not None and case.vector is not None and "probability" not in changes


def _scored(context: Context, case: PaymentCase, probe: Mapping[str, Any]) -> float:
    """The model's probability of the changed vector."""
    assert context.scorer is not None
    assert case.vector is not None
    vector = case.vector.copy()
    for place, name in enumerate(context.catalogue.names):
        if name in probe:
            vector[place] = probe[name]
    return int(context.scorer.probabilities(vector.reshape(1, -1))[0]) / MICRO
