"""Strong customer authentication as columns: operations of numpy over all rows, as the engine once judged.

The oracle that the row by row kernel (`models.sca.assessment_kernel`) is compared with.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from models.reference import COUNTRY_GROUPS
from models.sca import Exemption, Liability, ScaRows, ScaSettings, ScaStatus, Scope, is_mastercard
from models.sca.codes import APP, CARD, ECOMMERCE, ISSUERS, MOTO, POS, POST_AUTH, RECURRING, WALLET
from models.sca.low_value_counters import allowed
from models.sca.risk_factors import (
    CARDS_OF_A_DEVICE,
    CARDS_OF_AN_ADDRESS,
    DEVIATIONS,
    DEVICES_A_DAY,
    KMH,
    PAYMENTS_AN_HOUR,
    SMALL_IN_TEN_MINUTES,
)

EEA = COUNTRY_GROUPS["eea"]
INSIDE = frozenset({*EEA, None})
Column = Callable[[str], Any]


def assessed(rows: ScaRows, settings: ScaSettings) -> dict[str, np.ndarray]:
    """What `assess(rows, settings)` should give, by its names."""
    of = rows.column
    initiated = (of("is_merchant_initiated") == 1) | (of("channel_code") == RECURRING)
    scope, factors = scopes(rows, initiated, settings), risk_factors(rows, settings)
    granted = np.zeros(rows.n, np.int64)
    for row in np.flatnonzero((of("has_sca_exemption") == 1) & (rows.phase == POST_AUTH)).tolist():
        granted[row] = ISSUERS.get(rows.exemptions[row], Exemption.NONE)
    exemption = np.where(granted > 0, granted, ours(rows, settings, factors)).astype(np.uint8)
    exemption[(scope != Scope.IN_SCOPE) | rows.soft_declined] = Exemption.NONE
    status = np.where(exemption > 0, ScaStatus.EXEMPT, ScaStatus.REQUIRED).astype(np.uint8)
    status[scope != Scope.IN_SCOPE] = ScaStatus.OUT_OF_SCOPE
    result, shift = of("three_ds_code"), shifted(rows, initiated)
    by_issuer = exemption >= Exemption.TRUSTED_BENEFICIARY
    remote = (scope != Scope.NOT_BY_CARD) & (scope != Scope.NOT_REMOTE)
    liability = np.where(remote, Liability.MERCHANT, Liability.UNKNOWN).astype(np.uint8)
    liability[(exemption > 0) & ~by_issuer] = Liability.ACQUIRER
    liability[shift | by_issuer] = Liability.ISSUER
    would = (scope == Scope.IN_SCOPE) | (scope == Scope.ONE_LEG_OUT)
    would &= ~among(rows.issuer_countries, frozenset(settings.no_shift_countries))
    word = (status.astype(np.uint16) + 1) | exemption.astype(np.uint16) << 3
    word |= scope.astype(np.uint16) << 6 | liability.astype(np.uint16) << 9
    word[scope == Scope.NOT_BY_CARD] = 0
    online = (of("channel_code") == ECOMMERCE) | (of("channel_code") == APP)
    return {
        "status": status,
        "exemption": exemption,
        "scope": scope,
        "liability": liability,
        "risk_factors": factors,
        "outstanding": (status == ScaStatus.REQUIRED) & ~(result <= 1),
        "shift": shift,
        "shifts_if_challenged": would,
        "authenticated": result <= 1,
        "initiated": initiated,
        "challengeable": by_card(rows) & online & ~initiated,
        "word": word,
    }


def by_card(rows: ScaRows) -> np.ndarray:
    method = rows.column("method_code")
    return np.asarray((method == CARD) | (method == WALLET), np.bool_)


def among(countries: Any, group: frozenset[str | None]) -> np.ndarray:
    return np.array([country in group for country in countries], np.bool_)


def scopes(rows: ScaRows, initiated: np.ndarray, settings: ScaSettings) -> np.ndarray:
    channel = rows.column("channel_code")
    inside = among(rows.merchant_countries, INSIDE)
    if settings.acquirer_country is not None:
        inside = np.full(rows.n, settings.acquirer_country in EEA)
    scope = np.full(rows.n, Scope.IN_SCOPE, np.uint8)
    scope[~(inside & among(rows.issuer_countries, INSIDE))] = Scope.ONE_LEG_OUT
    scope[initiated] = Scope.MERCHANT_INITIATED
    scope[channel == MOTO] = Scope.MAIL_OR_TELEPHONE
    scope[channel == POS] = Scope.NOT_REMOTE
    scope[~by_card(rows)] = Scope.NOT_BY_CARD
    return scope


def risk_factors(rows: ScaRows, settings: ScaSettings) -> np.ndarray:
    of, unknown = rows.column, np.zeros(rows.n, np.bool_)
    new_device = (of("card_device_is_new") == 1) & (of("card_payment_count_lifetime") > 0)
    scenario = of("card_small_amount_count_10m") >= SMALL_IN_TEN_MINUTES
    scenario |= of("device_distinct_cards_24h") >= CARDS_OF_A_DEVICE
    scenario |= of("ip_distinct_cards_1h") >= CARDS_OF_AN_ADDRESS
    for token in ("card", "device", "email"):
        scenario |= of(f"{token}_frauds_learned_lifetime") > 0
    new_country = (of("customer_ip_country_is_new") == 1) & (of("customer_payment_count_lifetime") > 0)
    return np.stack(
        [
            (of("card_amount_deviation_30d") >= DEVIATIONS)
            | (of("card_payment_count_1h") >= PAYMENTS_AN_HOUR),
            new_device | (of("card_distinct_devices_24h") >= DEVICES_A_DAY),
            unknown if rows.malware is None else rows.malware,
            scenario if rows.scenario is None else scenario | rows.scenario,
            new_country | (of("issuer_country_is_ip_country") == 0) | (of("card_speed_kmh") > KMH),
            among(rows.merchant_countries, frozenset(settings.high_risk_countries)),
        ]
    )


def ours(rows: ScaRows, settings: ScaSettings, factors: np.ndarray) -> np.ndarray:
    known = (rows.probability_micro >= 0) & (rows.probability_micro < settings.tra_probability_below)
    low_risk = known & (rows.amount <= rows.band_eur * 100) & ~factors.any(axis=0) & (rows.band_eur > 0)
    exemption = np.where(low_risk, Exemption.RISK_ANALYSIS, Exemption.NONE)
    exemption[allowed(rows.amount, rows.counters, settings.low_value_counter)] = Exemption.LOW_VALUE
    return exemption


def shifted(rows: ScaRows, initiated: np.ndarray) -> np.ndarray:
    eci, stated = rows.column("eci_code"), rows.column("has_liability_shift")
    by_eci = (eci == 5) | (eci == 2)
    for row in np.flatnonzero((eci == 6) | (eci == 1)).tolist():
        digits = rows.bins[row]
        by_eci[row] = digits is not None and eci[row] == (1 if is_mastercard(digits) else 6)
    by_3ds = np.where(np.isnan(eci), rows.column("three_ds_code") <= 1, by_eci) & ~initiated
    return np.where(np.isnan(stated), by_3ds, stated == 1)
