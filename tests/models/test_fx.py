from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.file_formats.csv_reader import ReferenceTableError
from models.money.currencies import AMOUNT_MAX, EXPONENTS
from models.money.exchange_rates import ReferenceRates
from models.units import DAY_MS

SAMPLE = files("models").joinpath("data/fx_sample.csv").read_bytes()
TABLE = b"Date,USD,JPY,TND,HRK\n2024-01-03,2,100,4,7.5\n2024-01-01,1.25,125,3.2,\n"
FIRST, SECOND, THIRD = (19723 * DAY_MS + day * DAY_MS for day in range(3))


@pytest.fixture
def rates() -> ReferenceRates:
    return ReferenceRates.from_bytes(TABLE)


def test_the_rate_is_the_latest_not_after_the_day(rates: ReferenceRates) -> None:
    assert rates.convert(125, "USD", FIRST) == 100
    assert rates.convert(125, "USD", THIRD - 1) == 100
    assert rates.convert(200, "USD", THIRD) == 100
    assert rates.convert(200, "USD", THIRD + 10_000 * DAY_MS) == 100


def test_before_the_table_begins_the_first_rate_holds(rates: ReferenceRates) -> None:
    assert rates.convert(125, "USD", 0) == 100


def test_exponents_count(rates: ReferenceRates) -> None:
    assert rates.convert(125, "JPY", FIRST) == 100
    assert rates.convert(3200, "TND", FIRST) == 100
    assert rates.convert(4711, "EUR", FIRST) == 4711


def test_half_a_cent_rounds_away_from_zero(rates: ReferenceRates) -> None:
    assert [rates.convert(amount, "USD", THIRD) for amount in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]


def test_a_currency_without_a_rate_converts_to_none(rates: ReferenceRates) -> None:
    assert rates.convert(100, "GBP", FIRST) is None
    assert rates.convert(100, "HRK", FIRST) is None


@given(
    amount=st.integers(0, AMOUNT_MAX),
    rate=st.fractions(Fraction(1, 10**6), 10**6),
    currency=st.sampled_from(sorted(EXPONENTS)),
)
def test_conversion_equals_exact_fractions(amount: int, rate: Fraction, currency: str) -> None:
    cents = Fraction(amount, 10 ** EXPONENTS[currency]) / rate * 100
    expected = int(cents) + (cents - int(cents) >= Fraction(1, 2))
    assert ReferenceRates({currency: {0: rate}}).convert(amount, currency, 0) == expected


def test_the_sample_covers_2018_to_2026_and_says_that_it_is_a_sample() -> None:
    rates = ReferenceRates.from_bytes(SAMPLE)
    assert b"SAMPLE" in SAMPLE.splitlines()[0]
    common = ["USD", "EUR", "GBP", "JPY", "CHF", "TND", "CLF", "KWD", "BRL", "INR"]
    assert all((rates.convert(10**6, currency, 1_600_000_000_000) or 0) > 0 for currency in common)
    assert 100 * 10**2 / 1.3 < (rates.convert(10**4, "USD", 1_546_300_800_000) or 0) < 10**4


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "header"),
        (b"\xff\xfe", "UTF-8"),
        (b"Day,USD\n2024-01-01,1.1\n", "`Date`"),
        (b"Date,USD\n01.02.2024,1.1\n", "01.02.2024"),
        (b"Date,USD\n2024-01-01,x\n", "'x' of USD on 2024-01-01"),
        (b"Date,USD\n2024-01-01,0\n", "outside"),
        (b"Date,USD\n2024-01-01,-1.1\n", "outside"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(table: bytes, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        ReferenceRates.from_bytes(table)


XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
  xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube>
<Cube time='2024-01-03'><Cube currency='USD' rate='2'/><Cube currency='HRK' rate='7.5'/></Cube>
<Cube time='2024-01-01'><Cube currency='USD' rate='1.25'/><Cube currency='JPY' rate='125'/></Cube>
</Cube></gesmes:Envelope>
"""
DAILY = b"Date, USD, JPY, \n01 January 2024, 1.25, 125, \n"
HISTORY = b"\xef\xbb\xbfDate,USD,JPY,\r\n2024-01-03,2,N/A,\r\n2024-01-01,1.25,125,\r\n"


@pytest.mark.parametrize("table", [XML, DAILY, HISTORY])
def test_the_central_banks_files_read_as_they_are(table: bytes) -> None:
    rates = ReferenceRates.from_bytes(table)
    assert rates.convert(125, "USD", FIRST) == 100
    assert rates.convert(125, "JPY", THIRD) == 100
    assert rates.convert(200, "USD", THIRD) == (100 if table is not DAILY else 160)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"Date,USD\n2024-01-01,1.1\n2024-01-01,1.2\n", "line 3: a second rate of USD on 2024-01-01"),
        (b"Date,USD,USD\n2024-01-01,1.1,1.2\n", "each once"),
        (b"Date,USD\n2024-01-01\n", "line 2: 1 cells under a header of 2"),
        (b"Date,USD\n2024-01-01,1e9\n", "line 2: .* is not a number"),
        (b"Date,USD\n2024-01-01,nan\n", "line 2: .* is not a number"),
        (b"Date,USD\n2024-01-01,1/3\n", "line 2: .* is not a number"),
        (b"Date,USD\n1 Januar 2024,1.1\n", "line 2: `Date`"),
        (b"Date,USD\n2024-02-30,1.1\n", "line 2: `Date`"),
        (XML[:-30], "not XML"),
        (b"<a><Cube time='x'/></a>", "the rates of x: `Date`"),
        (b"<html><body>Not found</body></html>", "no rate"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (XML.replace(b"1.25", b"-1"), "the rates of 2024-01-01: rate '-1' of USD .* outside"),
    ],
)
def test_bad_rates_are_refused_with_line_or_day(table: bytes, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        ReferenceRates.from_bytes(table)


def test_other_decimals_count_minor_units_anew_and_bring_new_currencies() -> None:
    rates = ReferenceRates.from_bytes(b"Date,USD,XNL\n2024-01-01,2,4\n")
    assert rates.convert(400, "XNL", FIRST) is None
    newer = rates.under({"EUR": 2, "XNL": 0, "USD": 3})
    assert newer.convert(4, "XNL", FIRST) == 100
    assert newer.convert(2000, "USD", FIRST) == 100
    assert newer.under(EXPONENTS).convert(200, "USD", FIRST) == rates.convert(200, "USD", FIRST) == 100
