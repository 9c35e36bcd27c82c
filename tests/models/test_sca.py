"""Required, exempt or out of scope: the edges of every article, one line each."""

from typing import Any

import numpy as np
import pytest

from models.sca.assessment import assess
from models.sca.codes import Exemption, ScaStatus, Scope
from models.sca.liability import Liability
from models.sca.risk_factors import RiskFactor
from models.sca.settings import ScaSettings
from tests.models.sca_cases import assessed, sca_rows

SPENT = {"spent": 100_01, "payments": 6}
"""Both limits of Article 16 are used up."""


def status(**facts: Any) -> tuple[str, str]:
    result = assessed(**facts)
    return ScaStatus(result.status[0]).name.lower(), Exemption(result.exemption[0]).name.lower()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"amount": 30_00}, "low_value"),
        ({"amount": 30_01}, "none"),
        ({"spent": 100_00, "payments": 6}, "low_value"),
        ({"spent": 100_01, "payments": 6}, "none"),
        ({"spent": 100_01, "payments": 4}, "low_value"),
        ({"spent": 100_01, "payments": 5}, "low_value"),
        ({"spent": 100_00, "payments": 5}, "low_value"),
        ({"spent": 0, "payments": 6}, "low_value"),
        ({"amount": 30_01, "spent": 0, "payments": 0}, "none"),
    ],
    ids=str,
)
def test_article_16_at_its_edges(facts: dict[str, Any], expected: str) -> None:
    assert status(**facts) == ("exempt" if expected != "none" else "required", expected)


@pytest.mark.parametrize(
    ("limit", "facts", "exempt"),
    [
        ("amount", {"spent": 100_01, "payments": 1}, False),
        ("amount", {"spent": 100_00, "payments": 99}, True),
        ("count", {"spent": 999_99, "payments": 5}, True),
        ("count", {"spent": 1, "payments": 6}, False),
    ],
)
def test_one_limit_of_article_16_may_be_chosen(limit: Any, facts: dict[str, Any], exempt: bool) -> None:
    result = assessed(ScaSettings(low_value_counter=limit), **facts)
    assert (result.status[0] == ScaStatus.EXEMPT) == exempt


@pytest.mark.parametrize(
    ("band", "amount", "exempt"),
    [
        (100, 100_00, True),
        (100, 100_01, False),
        (250, 250_00, True),
        (250, 250_01, False),
        (500, 500_00, True),
        (500, 500_01, False),
        (0, 30_01, False),
    ],
)
def test_article_18_exempts_up_to_the_quarters_band(band: int, amount: int, exempt: bool) -> None:
    expected = ("exempt", "risk_analysis") if exempt else ("required", "none")
    assert status(amount=amount, band=band) == expected


def test_no_band_is_no_exemption_even_of_nothing() -> None:
    assert status(amount=0, band=0, **SPENT) == ("required", "none")


@pytest.mark.parametrize(("micro", "exempt"), [(9_999, True), (10_000, False), (-1, False)])
def test_risk_analysis_needs_a_probability_under_the_limit(micro: int, exempt: bool) -> None:
    assert (status(amount=50_00, band=100, micro=micro)[0] == "exempt") == exempt


@pytest.mark.parametrize(
    ("sign", "factor"),
    [
        ({"features": {"card_amount_deviation_30d": 4.0}}, RiskFactor.ABNORMAL_SPENDING),
        ({"features": {"card_payment_count_1h": 6}}, RiskFactor.ABNORMAL_SPENDING),
        (
            {"features": {"card_device_is_new": 1, "card_payment_count_lifetime": 3}},
            RiskFactor.UNUSUAL_DEVICE,
        ),
        ({"features": {"card_distinct_devices_24h": 4}}, RiskFactor.UNUSUAL_DEVICE),
        ({"malware": True}, RiskFactor.MALWARE),
        ({"scenario": True}, RiskFactor.KNOWN_SCENARIO),
        ({"features": {"card_small_amount_count_10m": 3}}, RiskFactor.KNOWN_SCENARIO),
        ({"features": {"device_distinct_cards_24h": 4}}, RiskFactor.KNOWN_SCENARIO),
        ({"features": {"ip_distinct_cards_1h": 6}}, RiskFactor.KNOWN_SCENARIO),
        ({"features": {"card_frauds_learned_lifetime": 1}}, RiskFactor.KNOWN_SCENARIO),
        ({"features": {"device_frauds_learned_lifetime": 1}}, RiskFactor.KNOWN_SCENARIO),
        ({"features": {"email_frauds_learned_lifetime": 1}}, RiskFactor.KNOWN_SCENARIO),
        (
            {"features": {"customer_ip_country_is_new": 1, "customer_payment_count_lifetime": 1}},
            RiskFactor.ABNORMAL_PAYER_LOCATION,
        ),
        ({"features": {"issuer_country_is_ip_country": 0}}, RiskFactor.ABNORMAL_PAYER_LOCATION),
        ({"features": {"card_speed_kmh": 1_001.0}}, RiskFactor.ABNORMAL_PAYER_LOCATION),
    ],
    ids=str,
)
def test_each_factor_of_article_18_rules_the_exemption_out(sign: dict[str, Any], factor: RiskFactor) -> None:
    result = assessed(amount=50_00, band=100, **sign)
    assert result.risk_factors[:, 0].tolist() == [each is factor for each in RiskFactor]
    assert result.status[0] == ScaStatus.REQUIRED


def test_a_payee_in_a_high_risk_country_is_the_sixth_factor() -> None:
    result = assessed(ScaSettings(high_risk_countries=("FR",)), amount=50_00, band=100)
    assert result.risk_factors[:, 0].tolist() == [False] * 5 + [True]
    assert result.status[0] == ScaStatus.REQUIRED


@pytest.mark.parametrize(
    "quiet",
    [
        {"card_amount_deviation_30d": 3.99, "card_payment_count_1h": 5},
        {"card_device_is_new": 1, "card_payment_count_lifetime": 0},
        {"customer_ip_country_is_new": 1, "customer_payment_count_lifetime": 0, "card_speed_kmh": 1_000.0},
        {"card_small_amount_count_10m": 2, "device_distinct_cards_24h": 3, "ip_distinct_cards_1h": 5},
        {"issuer_country_is_ip_country": 1, "card_distinct_devices_24h": 3},
        {},
    ],
    ids=str,
)
def test_what_is_usual_first_or_unknown_is_no_factor(quiet: dict[str, float]) -> None:
    assert not assessed(amount=50_00, band=100, features=quiet).risk_factors.any()


def test_factors_do_not_touch_the_low_value_exemption() -> None:
    assert status(malware=True) == ("exempt", "low_value")


@pytest.mark.parametrize(
    ("facts", "scope"),
    [
        ({"method": "bank_transfer"}, Scope.NOT_BY_CARD),
        ({"method": "wallet"}, Scope.IN_SCOPE),
        ({"channel": "pos"}, Scope.NOT_REMOTE),
        ({"channel": "app"}, Scope.IN_SCOPE),
        ({"channel": "moto"}, Scope.MAIL_OR_TELEPHONE),
        ({"channel": "recurring"}, Scope.MERCHANT_INITIATED),
        ({"merchant_initiated": True}, Scope.MERCHANT_INITIATED),
        ({"issuer": "US"}, Scope.ONE_LEG_OUT),
        ({"issuer": "GB"}, Scope.ONE_LEG_OUT),
        ({"merchant": "CH"}, Scope.ONE_LEG_OUT),
        ({"issuer": "NO"}, Scope.IN_SCOPE),
        ({"issuer": None, "merchant": None}, Scope.IN_SCOPE),
        ({"channel": "moto", "issuer": "US"}, Scope.MAIL_OR_TELEPHONE),
    ],
    ids=str,
)
def test_what_is_out_of_scope_is_not_exempt(facts: dict[str, Any], scope: Scope) -> None:
    result = assessed(**facts)
    assert Scope(result.scope[0]) is scope
    if scope is not Scope.IN_SCOPE:
        assert (result.status[0], result.exemption[0]) == (ScaStatus.OUT_OF_SCOPE, Exemption.NONE)
        assert not result.outstanding[0]


def test_the_acquirers_country_counts_where_it_is_given() -> None:
    for acquirer, expected in (("DE", Scope.IN_SCOPE), ("US", Scope.ONE_LEG_OUT)):
        result = assessed(ScaSettings(acquirer_country=acquirer), merchant="CH")
        assert result.scope[0] == expected


@pytest.mark.parametrize(
    ("asked", "phase", "expected"),
    [
        ("trusted_beneficiary", 2, ("exempt", "trusted_beneficiary")),
        ("corporate", 2, ("exempt", "corporate")),
        ("trusted_beneficiary", 0, ("required", "none")),
        ("corporate", 1, ("required", "none")),
        ("something", 2, ("required", "none")),
    ],
)
def test_only_the_issuer_grants_its_exemptions(asked: str, phase: int, expected: tuple[str, str]) -> None:
    assert status(amount=900_00, exemption=asked, phase=phase) == expected


def test_a_soft_declined_payment_is_never_exempt() -> None:
    assert status(soft_declined=True) == ("required", "none")
    assert status(soft_declined=True, band=500, amount=50_00) == ("required", "none")
    assert status(soft_declined=True, issuer="US") == ("out_of_scope", "none")


@pytest.mark.parametrize(
    ("result", "outstanding"),
    [(None, True), ("Y", False), ("A", False), ("N", True), ("U", True), ("I", True)],
)
def test_authentication_is_outstanding_until_done_or_attempted(result: str | None, outstanding: bool) -> None:
    assert bool(assessed(amount=900_00, three_ds=result).outstanding[0]) == outstanding


def test_nothing_is_outstanding_of_an_exempt_payment() -> None:
    assert not assessed().outstanding[0]


@pytest.mark.parametrize(
    ("facts", "bearer"),
    [
        ({"shift": True, "eci": 7}, Liability.ISSUER),
        ({"shift": False, "eci": 5, "three_ds": "Y"}, Liability.MERCHANT),
        ({"eci": 5}, Liability.ISSUER),
        ({"eci": 2, "bin": "520000"}, Liability.ISSUER),
        ({"eci": 6, "bin": "400000"}, Liability.ISSUER),
        ({"eci": 6, "bin": "520000"}, Liability.MERCHANT),
        ({"eci": 6, "bin": None}, Liability.MERCHANT),
        ({"eci": 1, "bin": "222100"}, Liability.ISSUER),
        ({"eci": 1, "bin": "400000"}, Liability.MERCHANT),
        ({"eci": 7, "three_ds": "Y"}, Liability.MERCHANT),
        ({"eci": 0, "bin": "520000", "three_ds": "N"}, Liability.MERCHANT),
        ({"three_ds": "Y"}, Liability.ISSUER),
        ({"three_ds": "A"}, Liability.ISSUER),
        ({"three_ds": "I"}, Liability.MERCHANT),
        ({"three_ds": "N"}, Liability.MERCHANT),
        ({}, Liability.MERCHANT),
        ({"merchant_initiated": True, "eci": 5, "three_ds": "Y"}, Liability.MERCHANT),
        ({"merchant_initiated": True, "shift": True}, Liability.ISSUER),
        ({"issuer": "US"}, Liability.MERCHANT),
        ({"channel": "moto"}, Liability.MERCHANT),
        ({"channel": "pos"}, Liability.UNKNOWN),
        ({"method": "bank_debit"}, Liability.UNKNOWN),
        ({"amount": 20_00}, Liability.ACQUIRER),
        ({"amount": 200_00, "band": 250}, Liability.ACQUIRER),
        ({"amount": 20_00, "three_ds": "Y"}, Liability.ISSUER),
        ({"exemption": "corporate", "phase": 2}, Liability.ISSUER),
    ],
    ids=str,
)
def test_who_bears_the_loss(facts: dict[str, Any], bearer: Liability) -> None:
    result = assessed(**({"amount": 900_00} | facts))
    assert Liability(result.liability[0]) is bearer


@pytest.mark.parametrize(
    ("facts", "shifts"),
    [
        ({}, True),
        ({"issuer": "US"}, True),
        ({"issuer": "IN"}, False),
        ({"issuer": None}, True),
        ({"merchant_initiated": True}, False),
        ({"channel": "moto"}, False),
        ({"channel": "pos"}, False),
        ({"method": "bank_transfer"}, False),
    ],
    ids=str,
)
def test_whether_a_challenge_would_shift_the_loss(facts: dict[str, Any], shifts: bool) -> None:
    result = assessed(ScaSettings(no_shift_countries=("IN",)), **facts)
    assert bool(result.shifts_if_challenged[0]) is shifts


def test_an_empty_batch_is_assessed() -> None:
    one = sca_rows()
    nothing = {
        name: getattr(one, name)[:0]
        for name in (
            "amount", "probability_micro", "phase", "issuer_countries", "merchant_countries", "bins",
            "exemptions", "band_eur", "soft_declined",
        )
    }  # fmt: skip
    counters = type(one.counters)(*(column[:0] for column in one.counters))
    empty = type(one)(column=lambda _: np.empty(0), counters=counters, **nothing)
    assert len(assess(empty, ScaSettings()).status) == 0
