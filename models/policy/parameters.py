"""What a policy reckons with: costs and rates of a named party, and how a segment's own replace them.

    party: merchant                 # whose money: merchant or provider
    costs:
      merchant:
        margin_bp: 1500             # earned on a good payment, basis points of the amount
        goods_bp: 8500              # lost with a fraud: cost of goods (a provider: its exposure)
        chargeback_fee: 2000        # cents
        scheme_cost: 500            # cents a fraud, shifted or not: share of the monitoring programmes' fees
        challenge: {...}
        review: {...}

Scheme cost is owed for shifted frauds too: Visa's Acquirer Monitoring Program (VAMP, since April 2025) counts
every fraud an issuer reports (TC40) beside the disputes (TC15), whoever bears the loss; Mastercard's
Excessive Chargeback Merchant and Excessive Fraud Merchant programmes count by month and merchant.

Every bound is a field's own, so parameters that are valid over the defaults are valid over any base. With
amounts of at most 10**12 - 1 cents no utility in micro-cents exceeds 3 x 10**18 < 2**62.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from models.units import BASIS_POINTS, MICRO, MINUTE_MS

PRICE_MAX: Final = 10**9
"""Cents: the most a review may cost, however full the queue is."""

NO_ROOM: Final = -1
"""In place of a price: the queue takes no more."""


Share = Annotated[int, Meta(ge=0, le=MICRO, description="micro-units: 1000000 is all")]
BasisPoints = Annotated[int, Meta(ge=0, le=BASIS_POINTS)]
Cents = Annotated[int, Meta(ge=0, le=100_000_000)]


class Party(StrEnum):
    """Whose utility decides."""

    MERCHANT = "merchant"
    PROVIDER = "provider"


class ChallengeCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What asking for 3-D Secure does. Shares are of payments challenged.

    `fraud_passes`: of frauds, those that get through; `abandonment`, `failure`: of good payments, those whose
    customer gives up and those lost to technical failure; `uplift`: how many more of the rest the issuer
    authorises than without; `shifts`: whether the loss passes to the issuer where it can.
    """

    cost: Cents = 10
    fraud_passes: Share = 150_000
    abandonment: Share = 80_000
    failure: Share = 20_000
    uplift: Share = 20_000
    shifts: bool = True


class ReviewCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person's look costs and finds. `misses`: of frauds, those let through; `lost`: of good payments,
    those rejected or gone while they wait. The queue takes `hours_max` of work; a report of it counts for
    `report_valid_minutes`.
    """

    cost: Cents = 300
    misses: Share = 200_000
    lost: Share = 50_000
    hours_max: Annotated[int, Meta(ge=1, le=720)] = 8
    report_valid_minutes: Annotated[int, Meta(ge=1, le=1440)] = 60


class CostParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that the utilities of one party in one segment depend on. Money is in EUR cents."""

    margin_bp: BasisPoints = 1_500
    margin_fixed: Cents = 0
    goods_bp: BasisPoints = 8_500
    chargeback_fee: Cents = 2_000
    scheme_cost: Cents = 500
    challenge: ChallengeCosts = ChallengeCosts()
    review: ReviewCosts = ReviewCosts()


PROVIDER_DEFAULT: Final = CostParameters(
    margin_bp=60, margin_fixed=10, goods_bp=1_000, chargeback_fee=1_000, scheme_cost=1_500
)
"""A provider earns its fee and loses what a merchant's insolvency leaves it with."""


class ParametersError(ValueError):
    """A segment's parameters cannot be used; the message says which field and why."""


def check(overrides: Mapping[str, Any]) -> None:
    """Raises `ParametersError` unless these may replace fields of any parameters."""
    overridden(CostParameters(), overrides)


def overridden(base: CostParameters, overrides: Mapping[str, Any]) -> CostParameters:
    """`base` with the fields that `overrides` names replaced, also within `challenge` and `review`."""
    document = msgspec.to_builtins(base)
    for name, value in overrides.items():
        inner = document.get(name)
        document[name] = {**inner, **value} if isinstance(inner, dict) and _is_mapping(value) else value
    try:
        return msgspec.convert(document, CostParameters)
    except (msgspec.ValidationError, TypeError) as error:
        raise ParametersError(f"policy parameters: {error}") from None


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


class ParameterTable:
    """Parameters as integer columns: a row for each of several segments, or one for all.

    >>> columns = ParameterTable((CostParameters(),))
    >>> int(columns["keeps"][0]), int(columns["passes"][0])
    (919632, 150000)
    """

    def __init__(self, segments: tuple[CostParameters, ...]) -> None:
        """`segments`: at least one."""
        rows = [_row(parameters) for parameters in segments]
        self._columns = {name: np.array([row[name] for row in rows], np.int64) for name in rows[0]}

    def __getitem__(self, name: str) -> NDArray[np.int64]:
        return self._columns[name]

    def of(self, segments: NDArray[np.int64] | None) -> Mapping[str, NDArray[np.int64]]:
        """The columns of payments in these segments; without, the one segment's, of length 1."""
        if segments is None:
            return self._columns
        return {name: column[segments] for name, column in self._columns.items()}


def _row(p: CostParameters) -> dict[str, int]:
    keeps = (MICRO - p.challenge.abandonment) * (MICRO - p.challenge.failure) // MICRO
    return {
        "margin_bp": p.margin_bp,
        "margin_fixed": p.margin_fixed,
        "goods_bp": p.goods_bp,
        "fees": p.chargeback_fee + p.scheme_cost,
        "scheme_cost": p.scheme_cost,
        "challenge_cost": p.challenge.cost,
        "passes": p.challenge.fraud_passes,
        "keeps": keeps * (MICRO + p.challenge.uplift) // MICRO,
        "shifts": int(p.challenge.shifts),
        "review_cost": p.review.cost,
        "misses": p.review.misses,
        "finds_good": MICRO - p.review.lost,
        "hours_max": p.review.hours_max,
        "valid_ms": p.review.report_valid_minutes * MINUTE_MS,
    }
