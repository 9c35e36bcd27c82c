"""What a policy computes with: costs and rates of a named party, and how a segment's own replace them.

party: merchant # whose money: merchant or provider costs: merchant: margin_bp: 1500 # earned on a good
payment, basis points of the amount goods_bp: 8500 # lost with a fraud: cost of goods (a provider: its
exposure) chargeback_fee: 2000 # cents scheme_cost: 500 # cents a fraud, shifted or not: share of the
monitoring programmes' fees challenge: {...} review: {...}

Scheme cost is owed for shifted frauds too: Visa's Acquirer Monitoring Program (VAMP, since April 2025) counts
every fraud an issuer reports (TC40) in addition to the disputes (TC15), even where the issuer bears the loss;
Mastercard's Excessive Chargeback Merchant and Excessive Fraud Merchant programmes count by month and
merchant.

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
    """What a request for 3-D Secure costs and does. Shares are of payments challenged."""

    cost: Cents = 10
    """Of one challenge."""
    fraud_passes: Share = 150_000
    """Of frauds, those that get through."""
    abandonment: Share = 80_000
    """Of good payments, those whose customer gives up."""
    failure: Share = 20_000
    """Of good payments, those lost to technical failure."""
    uplift: Share = 20_000
    """How many more of the rest the issuer authorises than without."""
    shifts: bool = True
    """Whether the loss passes to the issuer where it can."""


class ReviewCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person's review costs and finds."""

    cost: Cents = 300
    """Of one review while the queue is empty."""
    misses: Share = 200_000
    """Of frauds, those let through."""
    lost: Share = 50_000
    """Of good payments, those rejected or gone while they wait."""
    hours_max: Annotated[int, Meta(ge=1, le=720)] = 8
    """Hours of work that the queue takes."""
    report_valid_minutes: Annotated[int, Meta(ge=1, le=1440)] = 60
    """How long a report of the queue counts."""


class CostParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that the utilities of one party in one segment depend on. Money is in EUR cents."""

    margin_bp: BasisPoints = 1_500
    """Earned on a good payment, of its amount."""
    margin_fixed: Cents = 0
    """Earned on a good payment, whatever its amount."""
    goods_bp: BasisPoints = 8_500
    """Lost with a fraud, of its amount: cost of goods (a provider: its exposure)."""
    chargeback_fee: Cents = 2_000
    """Lost with a fraud whose loss is not shifted."""
    scheme_cost: Cents = 500
    """Lost with every fraud: share of the fees of monitoring programmes."""
    challenge: ChallengeCosts = ChallengeCosts()
    """Of 3-D Secure."""
    review: ReviewCosts = ReviewCosts()
    """Of reviews."""


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
        self.matrix = np.stack(list(self._columns.values()), axis=1)
        """Shape (segments, parameters), in the order of `models.policy.verdict_kernel`."""

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
