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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Bytes, Codes, Int64s, Texts, plain
from models.reference import COUNTRY_GROUPS
from models.sca.assessment_kernel import ScaFacts, assess_rows
from models.sca.codes import (
    APP,
    CARD,
    ECOMMERCE,
    HIGH_RISK,
    IN_EEA,
    ISSUERS,
    LOW_VALUE_COUNTERS,
    NO_SHIFT,
    POST_AUTH,
    RECURRING,
    WALLET,
    Exemption,
)
from models.sca.features import ASKED_EXEMPTION, ECI, FeatureColumns
from models.sca.liability import ATTEMPTED_ELSEWHERE, ATTEMPTED_MASTERCARD, means_attempted
from models.sca.low_value_counters import CardCounters
from models.sca.risk_factors import RiskFactor
from models.sca.settings import ScaSettings

EEA: Final = COUNTRY_GROUPS["eea"]
INSIDE: Final[frozenset[str | None]] = frozenset({*EEA, None})
"""In the EEA, or not known."""

Traits = tuple[Mapping[str | None, int], int]
"""What matters of countries, as bits: of some, and of all others."""


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
    features: FeatureColumns | None = None
    """The features, where they lie in a matrix: `column` is then not asked."""

    @property
    def n(self) -> int:
        return len(self.amount)


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
    authenticated: Bools
    """The payer was, or it was attempted."""
    initiated: Bools
    """The merchant started it."""
    challengeable: Bools
    """3-D Secure can be asked for."""
    word: NDArray[np.uint16]
    """What a decision keeps: status + 1, exemption, scope and liability from the lowest bit on, three bits
    each; 0 for payments not by card."""


def assess(rows: ScaRows, settings: ScaSettings) -> ScaResult:
    """What the law requires of each payment, and who bears the loss."""
    n = rows.n
    features = rows.features or FeatureColumns.stacked(rows.column)
    issuers, payees = _countries(settings)
    unknown = np.zeros(n, np.bool_)
    numbers = (
        rows.amount, rows.probability_micro, rows.band_eur, rows.counters.spent, rows.counters.payments,
    )  # fmt: skip
    signs = (rows.soft_declined, rows.malware, rows.scenario)
    facts = ScaFacts._make(
        [
            *(plain(each, np.int64) for each in numbers),
            *(unknown if each is None else plain(each, np.bool_) for each in signs),
            _traits(rows.issuer_countries, issuers),
            _traits(rows.merchant_countries, payees),
            _granted(rows, features),
            _attempted(rows, features),
        ]
    )
    codes, tests = np.zeros((4, n), np.uint8), np.zeros((6, n), np.bool_)
    factors, word = np.zeros((len(RiskFactor), n), np.bool_), np.zeros(n, np.uint16)
    counter = LOW_VALUE_COUNTERS[settings.low_value_counter]
    assess_rows(*features, facts, settings.tra_probability_below, counter, codes, tests, factors, word)
    status, exemption, scope, liability = codes
    outstanding, shift, would_shift, authenticated, initiated, may_challenge = tests
    return ScaResult(
        status, exemption, scope, liability, factors, outstanding, shift, would_shift, authenticated,
        initiated, may_challenge, word,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _countries(settings: ScaSettings) -> tuple[Traits, Traits]:
    """Of issuers and of payees."""
    issuers, payees = dict.fromkeys(INSIDE, IN_EEA), dict.fromkeys(INSIDE, IN_EEA)
    of_others = 0
    if settings.acquirer_country is not None:
        of_others = IN_EEA if settings.acquirer_country in EEA else 0
        payees = {}
    for country in settings.no_shift_countries:
        issuers[country] = issuers.get(country, 0) | NO_SHIFT
    for country in settings.high_risk_countries:
        payees[country] = payees.get(country, of_others) | HIGH_RISK
    return (issuers, 0), (payees, of_others)


def _traits(countries: Texts, traits: Traits) -> Bytes:
    known, of_others = traits
    return np.array([known.get(country, of_others) for country in countries], np.uint8)


def _granted(rows: ScaRows, features: FeatureColumns) -> Bytes:
    """The issuer's exemptions: asked for, and authorised with."""
    granted = np.zeros(rows.n, np.uint8)
    late = rows.phase == POST_AUTH
    if np.count_nonzero(late):
        for row in np.flatnonzero(late & (features.column(ASKED_EXEMPTION) == 1)).tolist():
            granted[row] = ISSUERS.get(rows.exemptions[row], Exemption.NONE)
    return granted


def _attempted(rows: ScaRows, features: FeatureColumns) -> Bools:
    """Where the ECI says that authentication was attempted: the same number says something else elsewhere."""
    eci, attempted = features.column(ECI), np.zeros(rows.n, np.bool_)
    unclear = (eci == ATTEMPTED_ELSEWHERE) | (eci == ATTEMPTED_MASTERCARD)
    for row in np.flatnonzero(unclear).tolist() if np.count_nonzero(unclear) else ():
        attempted[row] = means_attempted(int(eci[row]), rows.bins[row])
    return attempted


def merchant_initiated(column: Callable[[str], NDArray[np.float64]]) -> Bools:
    """Payments whose payer is not there: marked so, or of a recurring series."""
    recurring = column("channel_code") == RECURRING
    return np.asarray((column("is_merchant_initiated") == 1) | recurring, np.bool_)


def challengeable(column: Callable[[str], NDArray[np.float64]]) -> Bools:
    """Payments that 3-D Secure can be asked for: by card or wallet, online or in an app, by the payer.

    EMV 3-D Secure is for remote payments whose payer is there: not for a terminal, mail or telephone order,
    or a recurring series. `column`: the catalogue's features.
    """
    channel, method = column("channel_code"), column("method_code")
    by_card = (method == CARD) | (method == WALLET)
    online = (channel == ECOMMERCE) | (channel == APP)
    return np.asarray(by_card & online & ~merchant_initiated(column), np.bool_)


def warm() -> None:
    """Compiles the kernel, or loads it from the cache, before the first payment."""
    none = np.zeros(0, np.int64)
    rows = ScaRows(
        lambda _: np.zeros(0), none, none, none.astype(np.uint8), [], [], [], [], CardCounters(none, none),
        none, none.astype(np.bool_),
    )  # fmt: skip
    assess(rows, ScaSettings())
