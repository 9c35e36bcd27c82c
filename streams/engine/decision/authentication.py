"""Strong customer authentication of a segment's new payments, and the rows that the policy judges."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Int64s
from models.messages import Payment
from models.money import AMOUNT_MAX
from models.policy import FALLBACK_POLICY, NO_SCORE, ParametersFor, PolicyRows
from models.rules import RuleResult
from models.sca import (
    PROVEN_OR_ATTEMPTED,
    SCA_FEATURES,
    FeatureColumns,
    ScaResult,
    ScaRows,
    assess,
    bands_at,
    challengeable,
    merchant_initiated,
)
from streams.engine.decision.context import Context
from streams.engine.segment import NewPayments

KNOWN_SCENARIO: Final = "known_scenario"
"""Tag of rules against a known fraud scenario: Article 18(2)(c)(iv)."""
MALWARE: Final = "malware"
"""Key of the metadata that says true where the payment service saw malware: Article 18(2)(c)(iii)."""

Column = Callable[[str], NDArray[Any]]


@lru_cache(maxsize=8)
def _places(names: tuple[str, ...]) -> tuple[Int64s, int]:
    """Where the features of authentication are among a catalogue's columns, and the phase."""
    return np.array([names.index(name) for name in SCA_FEATURES], np.int64), names.index("phase_code")


def sca_rows(
    context: Context,
    new: NewPayments,
    column: Column,
    probability: NDArray[np.int64],
    ruled: RuleResult | None,
) -> ScaRows:
    """What authentication is judged by. An amount without a rate counts as the largest possible."""
    settings = (context.policy or FALLBACK_POLICY).sca
    places, phase = _places(context.catalogue.names)
    return ScaRows(
        column=column,
        amount=np.where(new.unrated, AMOUNT_MAX, column("reference_amount")),
        probability_micro=probability,
        phase=new.matrix[:, phase].astype(np.uint8),
        issuer_countries=column("issuer_country"),
        merchant_countries=column("merchant_country"),
        bins=column("bin"),
        exemptions=column("sca_exemption"),
        counters=new.counters,
        band_eur=bands_at(context.in_effect.tra_bands, settings.entity, new.times),
        soft_declined=new.forced,
        malware=_malware(new.payments),
        scenario=_scenario(context, ruled),
        features=FeatureColumns(new.matrix, places),
    )


def assessed(context: Context, rows: ScaRows) -> ScaResult:
    """Under the settings of the policy in effect."""
    return assess(rows, (context.policy or FALLBACK_POLICY).sca)


def _malware(payments: list[Payment]) -> NDArray[np.bool_] | None:
    if not any(p.metadata for p in payments):
        return None
    return np.array([bool(p.metadata) and p.metadata.get(MALWARE) is True for p in payments], np.bool_)  # type: ignore[union-attr]


def _scenario(context: Context, ruled: RuleResult | None) -> NDArray[np.bool_] | None:
    if ruled is None or context.ruleset is None or KNOWN_SCENARIO not in context.ruleset.tags:
        return None
    against = [index for index, tag in enumerate(context.ruleset.tags) if tag == KNOWN_SCENARIO]
    return np.asarray(ruled.hits[against].any(axis=0), np.bool_)


class AuthenticationColumns(TypedDict):
    """The columns of `PolicyRows` about authentication."""

    challengeable: Bools
    authenticated: Bools
    merchant_initiated: Bools
    liability_shift: Bools
    shifts_if_challenged: Bools | None
    sca_outstanding: Bools | None


def authentication_columns(column: Column, sca: ScaResult | None) -> AuthenticationColumns:
    """For the engine and the backtest alike. `column`: the catalogue's features. Without `sca`, liability is
    unknown.
    """
    if sca is not None:
        return AuthenticationColumns(
            challengeable=sca.challengeable,
            authenticated=sca.authenticated,
            merchant_initiated=sca.initiated,
            liability_shift=sca.shift,
            shifts_if_challenged=sca.shifts_if_challenged,
            sca_outstanding=sca.outstanding,
        )
    initiated = merchant_initiated(column)
    return AuthenticationColumns(
        challengeable=challengeable(column),
        authenticated=column("three_ds_code") <= PROVEN_OR_ATTEMPTED,
        merchant_initiated=initiated,
        liability_shift=np.zeros(len(initiated), np.bool_),
        shifts_if_challenged=None,
        sca_outstanding=None,
    )


def policy_rows(
    context: Context,
    new: NewPayments,
    column: Column,
    sca_input: ScaRows,
    sca: ScaResult,
    degraded: NDArray[np.bool_],
    ruled: RuleResult | None,
) -> PolicyRows:
    """What the policy judges; `sca` is the result of `sca_input`."""
    return PolicyRows(
        probability_micro=sca_input.probability_micro,
        score=np.full(len(new.payments), NO_SCORE, np.int64) if ruled is None else ruled.score,
        amount=new.amounts,
        degraded=degraded,
        phase=sca_input.phase,
        forced_challenge=new.forced,
        keys=_holdout_keys(context, new),
        times=new.times,
        merchants=column("merchant_id"),
        rules=ruled,
        parameters_for=_parameters_for(context),
        **authentication_columns(column, sca),
    )


def _holdout_keys(context: Context, new: NewPayments) -> NDArray[np.uint64]:
    """By customer, guests go by their card."""
    if context.policy is None or context.policy.holdout_by != "customer":
        return new.cards
    return np.where(new.customers == 0, new.cards, new.customers)


def _parameters_for(context: Context) -> ParametersFor | None:
    if context.ruleset is None or not context.ruleset.document.segments:
        return None
    return context.ruleset.document.parameters_for
