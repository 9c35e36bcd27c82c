import numpy as np
import pytest

from models.messages.control import TraBand
from models.messages.label import Label, LabelValue
from models.messages.outcome import Outcome, OutcomeKind, Tokens
from models.messages.payment import Method, MethodKind
from models.sca.tra_bands import (
    ENTITIES_MAX,
    QUARTERS_KEPT,
    BadSignature,
    bands_at,
    quarter_name,
    quarters,
    sign,
    verify,
    with_band,
)
from models.sca.tra_meter import TraMeter

KEY = b"a key only for tests"
NEW_YEAR_2027 = 1_798_761_600_000


def band(entity: str = "acme", quarter: str = "2026-Q4", eur: int = 250, key: bytes = KEY) -> TraBand:
    return TraBand(entity, quarter, eur, sign(entity, quarter, eur, key))  # type: ignore[arg-type]


def test_a_band_signed_with_the_key_is_taken() -> None:
    verify(band(), KEY)


@pytest.mark.parametrize(
    "changed",
    [
        TraBand("acme", "2026-Q4", 500, band().signature),
        TraBand("acme", "2027-Q1", 250, band().signature),
        TraBand("acme2", "2026-Q4", 250, band().signature),
        band(key=b"somebody else's key"),
    ],
    ids=["band", "quarter", "entity", "key"],
)
def test_a_band_that_was_changed_or_signed_by_another_is_refused(changed: TraBand) -> None:
    with pytest.raises(BadSignature):
        verify(changed, KEY)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        sign("acme", "2026-Q4", 250, b"short")


@pytest.mark.parametrize(
    ("at", "name"),
    [(0, "1970-Q1"), (NEW_YEAR_2027 - 1, "2026-Q4"), (NEW_YEAR_2027, "2027-Q1")],
)
def test_quarters_begin_at_midnight_utc(at: int, name: str) -> None:
    assert quarter_name(int(quarters(np.array([at]))[0])) == name


def test_a_band_counts_in_its_quarter_and_for_its_entity_alone() -> None:
    bands = with_band({}, band())
    times = np.array([NEW_YEAR_2027 - 1, NEW_YEAR_2027, 0])
    assert bands_at(bands, "acme", times).tolist() == [250, 0, 0]
    assert bands_at(bands, "other", times).tolist() == [0, 0, 0]
    assert bands_at(bands, None, times).tolist() == [0, 0, 0]


def test_the_last_control_of_a_quarter_counts() -> None:
    bands = with_band(with_band({}, band(eur=500)), band(eur=0))
    assert bands_at(bands, "acme", np.array([NEW_YEAR_2027 - 1])).tolist() == [0]


def test_old_quarters_go_and_entities_are_bounded() -> None:
    bands: dict[str, dict[str, int]] = {}
    for year in range(2020, 2024):
        for quarter in range(1, 5):
            bands = with_band(bands, band(quarter=f"{year}-Q{quarter}"))
    assert next(iter(bands["acme"])) == "2022-Q1"
    assert len(bands["acme"]) == QUARTERS_KEPT
    full = {f"e{i}": {"2026-Q4": 100} for i in range(ENTITIES_MAX)}
    with pytest.raises(ValueError, match="1024"):
        with_band(full, band())


@pytest.mark.parametrize(
    ("fraud", "threshold"),
    [(100, 500), (101, 250), (600, 250), (601, 100), (1300, 100), (1301, 0)],
    ids=["1 bp", "above 1", "6 bp", "above 6", "13 bp", "above 13"],
)
def test_the_meter_reads_the_threshold_off_the_annex_by_value(fraud: int, threshold: int) -> None:
    meter = TraMeter()
    meter.pay(np.array([0, 0]), np.array([999_000, 1_000]))
    meter.defraud(np.array([0]), np.array([fraud]))
    assert meter.threshold_eur(0) == threshold
    assert meter.rate_micro(0) == fraud


def test_a_rate_a_hair_above_the_reference_does_not_reach_it() -> None:
    for paid, threshold in ((10_000, 500), (9_999, 250)):
        meter = TraMeter()
        meter.pay(np.array([0]), np.array([paid]))
        meter.defraud(np.array([0]), np.array([1]))
        assert meter.threshold_eur(0) == threshold


def tokens(kind: MethodKind = MethodKind.CARD) -> Tokens:
    return Tokens(Method(kind, "c1"), "m1")


def outcome(kind: OutcomeKind, of: MethodKind = MethodKind.CARD) -> Outcome:
    return Outcome("shop", "p1", kind, 9, NEW_YEAR_2027 - 1, 1, "EUR", tokens(of))


def label(value: LabelValue, of: MethodKind = MethodKind.CARD) -> Label:
    return Label("shop", "p1", value, NEW_YEAR_2027 + 9, NEW_YEAR_2027 - 1, 1, "EUR", tokens(of))


def test_the_meter_hears_authorisations_and_frauds_of_cards_in_the_payments_quarter() -> None:
    meter, transfer = TraMeter(), MethodKind.BANK_TRANSFER
    reports: list[Outcome | Label] = [
        outcome(OutcomeKind.AUTHORISED),
        outcome(OutcomeKind.CAPTURED),
        outcome(OutcomeKind.AUTHORISED, transfer),
        label(LabelValue.FRAUD),
        label(LabelValue.LEGITIMATE),
        label(LabelValue.FRAUD, transfer),
    ]
    meter.observe(reports, np.array([10_000, 7, 7, 13, 7, 7]))
    assert meter.arrays()["quarters"].tolist() == [[227, 10_000, 13]]
    assert meter.threshold_eur(227) == 100
    before = meter.logical_hash()
    assert TraMeter.from_arrays(meter.arrays()).logical_hash() == before
    meter.observe([label(LabelValue.FRAUD)], np.array([1]))
    assert meter.logical_hash() != before


def test_the_meter_keeps_quarters_apart_and_survives_a_snapshot() -> None:
    meter = TraMeter()
    meter.pay(np.array([NEW_YEAR_2027 - 1, NEW_YEAR_2027]), np.array([1_000, 10**12]))
    meter.defraud(np.array([NEW_YEAR_2027]), np.array([10**8]))
    again = TraMeter.from_arrays(meter.arrays())
    assert [again.rate_micro(q) for q in (227, 228, 229)] == [0, 100, None]
    assert again.threshold_eur(229) == 0
