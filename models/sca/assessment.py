"""Strong customer authentication: is it required, exempt by which article, or is the payment out of scope?

Directive (EU) 2015/2366 (PSD2), Article 97, and Delegated Regulation (EU) 2018/389 (RTS). In order:

    out of scope   not by card (the payer's bank authenticates), not remote (the terminal's affair), mail or
                   telephone order, merchant-initiated, one leg outside the EEA. These are not exemptions.
    exempt         by the issuer, which alone may use Articles 13 (trusted beneficiaries) and 17 (corporate):
                   known once the payment was authorised so. By us: Article 16 (low value,
                   `models.sca.low_value_counters`), else Article 18 (risk analysis: at most the band of the
                   quarter, `models.sca.tra_bands`, a probability under the settings' limit, and none of
                   the six factors, `models.sca.risk_factors`).
    required       everything else, and whatever the issuer soft-declined.

A country that is not known counts as inside the EEA: what errs, errs towards authentication. The United
Kingdom is outside; its own rules (FCA) are alike but not these. An exemption may be used, never must.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Codes, Int64s, Texts
from models.messages import Channel, MethodKind
from models.reference import COUNTRY_GROUPS
from models.sca.liability import PROVEN_OR_ATTEMPTED, bearer, shifted
from models.sca.low_value_counters import CardCounters, allowed
from models.sca.risk_factors import RiskFactorEvidence, identified
from models.sca.settings import ScaSettings

EEA: Final = COUNTRY_GROUPS["eea"]
INSIDE: Final[frozenset[str | None]] = frozenset({*EEA, None})
"""In the EEA, or not known."""

POST_AUTH: Final = 2
PROVEN: Final = 0
"""Code of the 3DS result Y."""

_CHANNEL: Final = {channel: code for code, channel in enumerate(Channel)}
_METHOD: Final = {method: code for code, method in enumerate(MethodKind)}


class ScaStatus(IntEnum):
    """What the law requires. New ones go to the end: codes are kept in snapshots."""

    OUT_OF_SCOPE = 0
    EXEMPT = 1
    REQUIRED = 2


class Exemption(IntEnum):
    """By which article of the RTS a payment is exempt."""

    NONE = 0
    LOW_VALUE = 1
    RISK_ANALYSIS = 2
    TRUSTED_BENEFICIARY = 3
    CORPORATE = 4


class Scope(IntEnum):
    """Why a payment is out of scope."""

    IN_SCOPE = 0
    NOT_BY_CARD = 1
    NOT_REMOTE = 2
    MAIL_OR_TELEPHONE = 3
    MERCHANT_INITIATED = 4
    ONE_LEG_OUT = 5


ISSUERS: Final[dict[str | None, Exemption]] = {
    "trusted_beneficiary": Exemption.TRUSTED_BENEFICIARY,
    "corporate": Exemption.CORPORATE,
}
"""Values of `authentication.sca_exemption` that only the issuer can grant."""


@dataclass(frozen=True)
class ScaRows:
    """n payments; every array has shape (n,)."""

    column: Callable[[str], NDArray[np.float64]]
    """The catalogue's features by name."""
    amount: Int64s
    """EUR cents."""
    probability_micro: Int64s
    """Probability of fraud, micro-units; -1 where there is none."""
    phase: Codes
    """0 before authorisation, 1 after 3DS, 2 after authorisation."""
    issuer_countries: Texts
    """str or None."""
    merchant_countries: Texts
    """str or None."""
    bins: Texts
    """First digits of cards, str or None."""
    exemptions: Texts
    """Exemptions asked for, str or None."""
    counters: CardCounters
    """Those of Article 16, before each payment."""
    band_eur: Int64s
    """The TRA band of the payment's quarter."""
    soft_declined: Bools
    """The issuer asked for authentication."""
    malware: Bools | None = None
    """The payment service saw signs of malware; None: not known."""
    scenario: Bools | None = None
    """A rule against a known scenario hit; None: no such rule."""
    _columns: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Columns that have been read."""

    @property
    def n(self) -> int:
        return len(self.amount)

    def of(self, name: str) -> NDArray[np.float64]:
        """A feature's column, read once."""
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = self.column(name)
        return column


@dataclass(frozen=True)
class ScaResult:
    """What the law requires of n payments, and who bears the loss; shape (n,) unless stated otherwise."""

    status: Codes
    """Codes of `ScaStatus`."""
    exemption: Codes
    """Codes of `Exemption`."""
    scope: Codes
    """Codes of `Scope`."""
    liability: Codes
    """Codes of `Liability`."""
    risk_factors: Bools
    """Which factors were identified, by `RiskFactor`, shape (6, n)."""
    outstanding: Bools
    """Required, and neither done nor attempted."""
    shift: Bools
    """The issuer bears a fraud."""
    shifts_if_challenged: Bools
    """The issuer would, if the payer were authenticated."""


def assess(rows: ScaRows, settings: ScaSettings) -> ScaResult:
    """What the law requires of each payment, and who bears the loss."""
    initiated = merchant_initiated(rows.of)
    scope = scope_of(rows, initiated, settings)
    signs = RiskFactorEvidence(rows.merchant_countries, rows.malware, rows.scenario)
    factors = identified(rows.of, signs, settings.high_risk_countries)
    granted = _granted(rows)
    exemption = np.where(granted > 0, granted, _ours(rows, settings, factors)).astype(np.uint8)
    exemption[(scope != Scope.IN_SCOPE) | rows.soft_declined] = Exemption.NONE
    status = np.where(exemption > 0, ScaStatus.EXEMPT, ScaStatus.REQUIRED).astype(np.uint8)
    status[scope != Scope.IN_SCOPE] = ScaStatus.OUT_OF_SCOPE
    result = rows.of("three_ds_code")
    shift = shifted(rows.of("has_liability_shift"), rows.of("eci_code"), result, rows.bins, initiated)
    by_issuer = exemption >= Exemption.TRUSTED_BENEFICIARY
    remote_card = (scope != Scope.NOT_BY_CARD) & (scope != Scope.NOT_REMOTE)
    liability = bearer(shift, by_issuer, (exemption > 0) & ~by_issuer, remote_card)
    outstanding = (status == ScaStatus.REQUIRED) & ~(result <= PROVEN_OR_ATTEMPTED)
    would = _would_shift(rows, scope, settings)
    return ScaResult(status, exemption, scope, liability, factors, outstanding, shift, would)


def merchant_initiated(column: Callable[[str], NDArray[np.float64]]) -> Bools:
    """Payments whose payer is not there: marked so, or of a recurring series."""
    recurring = column("channel_code") == _CHANNEL[Channel.RECURRING]
    return np.asarray((column("is_merchant_initiated") == 1) | recurring, np.bool_)


def challengeable(column: Callable[[str], NDArray[np.float64]]) -> Bools:
    """Payments that 3-D Secure can be asked for: by card or wallet, online or in an app, by the payer.

    EMV 3-D Secure is for remote payments whose payer is there: not for a terminal, mail or telephone order,
    or a recurring series. `column`: the catalogue's features.
    """
    channel, method = column("channel_code"), column("method_code")
    by_card = (method == _METHOD[MethodKind.CARD]) | (method == _METHOD[MethodKind.WALLET])
    online = (channel == _CHANNEL[Channel.ECOMMERCE]) | (channel == _CHANNEL[Channel.APP])
    return np.asarray(by_card & online & ~merchant_initiated(column), np.bool_)


def scope_of(rows: ScaRows, initiated: Bools, settings: ScaSettings) -> Codes:
    """`Scope` codes: the first reason that holds."""
    channel, method = rows.of("channel_code"), rows.of("method_code")
    by_card = (method == _METHOD[MethodKind.CARD]) | (method == _METHOD[MethodKind.WALLET])
    payee_inside = (
        np.full(rows.n, settings.acquirer_country in EEA)
        if settings.acquirer_country is not None
        else _of(rows.merchant_countries, INSIDE)
    )
    conditions = [
        (Scope.NOT_BY_CARD, ~by_card),
        (Scope.NOT_REMOTE, channel == _CHANNEL[Channel.POS]),
        (Scope.MAIL_OR_TELEPHONE, channel == _CHANNEL[Channel.MOTO]),
        (Scope.MERCHANT_INITIATED, initiated),
        (Scope.ONE_LEG_OUT, ~(payee_inside & _of(rows.issuer_countries, INSIDE))),
    ]
    scope = np.full(rows.n, Scope.IN_SCOPE, np.uint8)
    for reason, holds in reversed(conditions):
        scope[holds] = reason
    return scope


def _would_shift(rows: ScaRows, scope: Codes, settings: ScaSettings) -> Bools:
    """The schemes shift the loss of authenticated remote payments by card, in and out of the EEA."""
    shifts: Bools = (scope == Scope.IN_SCOPE) | (scope == Scope.ONE_LEG_OUT)
    shifts &= ~_of(rows.issuer_countries, frozenset(settings.no_shift_countries))
    return shifts


def _of(countries: Texts, group: frozenset[str | None]) -> Bools:
    if not group:
        return np.zeros(len(countries), np.bool_)
    return np.array([country in group for country in countries], np.bool_)


def _granted(rows: ScaRows) -> NDArray[np.int64]:
    """The issuer's exemptions: asked for, and authorised with."""
    granted = np.zeros(rows.n, np.int64)
    asked = (rows.of("has_sca_exemption") == 1) & (rows.phase == POST_AUTH)
    for row in np.flatnonzero(asked).tolist():
        granted[row] = ISSUERS.get(rows.exemptions[row], Exemption.NONE)
    return granted


def _ours(rows: ScaRows, settings: ScaSettings, factors: Bools) -> NDArray[np.int64]:
    """The exemptions that the payee's provider may use: low value, else risk analysis."""
    low_value = allowed(rows.amount, rows.counters, settings.low_value_counter)
    known = (rows.probability_micro >= 0) & (rows.probability_micro < settings.tra_probability_below)
    low_risk = known & (rows.amount <= rows.band_eur * 100) & ~factors.any(axis=0) & (rows.band_eur > 0)
    exemption = np.where(low_risk, Exemption.RISK_ANALYSIS, Exemption.NONE)
    exemption[low_value] = Exemption.LOW_VALUE
    return exemption
