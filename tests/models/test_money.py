import pytest

from models.file_formats.csv_reader import ReferenceTableError
from models.messages.dead_letter import DeadLetterReason
from models.money.currencies import (
    AMOUNT_MAX,
    EXPONENTS,
    Currencies,
    UnknownCurrency,
    check_amount,
    exponent,
)


def refused(amount: int, currency: str, waived: bool = False) -> DeadLetterReason | None:
    answer = check_amount(amount, currency, waived)
    return None if answer is None else answer[0]


def test_exponents_are_those_of_iso_4217() -> None:
    counts = [sum(e == decimals for e in EXPONENTS.values()) for decimals in (0, 2, 3, 4)]
    assert counts == [17, 139, 7, 2]


@pytest.mark.parametrize(
    ("currency", "decimals"), [("JPY", 0), ("USD", 2), ("KWD", 3), ("TND", 3), ("CLF", 4)]
)
def test_exponent_of_a_currency(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["XAU", "XXX", "XTS", "ZZZ", "eur", "", "EU"])
def test_a_code_that_cannot_be_paid_with_is_unknown(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)
    assert refused(100, currency) is DeadLetterReason.UNKNOWN_CURRENCY
    assert refused(100, currency, waived=True) is DeadLetterReason.UNKNOWN_CURRENCY


@pytest.mark.parametrize(
    ("currency", "low", "high"),
    [
        ("USD", 50, 99_999_999),
        ("EUR", 50, 99_999_999),
        ("GBP", 50, 99_999_999),
        ("JPY", 1, 9_999_999),
        ("TND", 10, 99_999_999),
        ("CLF", 1, AMOUNT_MAX),
        ("IDR", 1, AMOUNT_MAX),
    ],
)
def test_limits_are_inclusive(currency: str, low: int, high: int) -> None:
    assert refused(low, currency) is None
    assert refused(high, currency) is None
    assert refused(high + 1, currency) is DeadLetterReason.AMOUNT_ABOVE_LIMIT
    below = DeadLetterReason.AMOUNT_NOT_POSITIVE if low == 1 else DeadLetterReason.AMOUNT_BELOW_LIMIT
    assert refused(low - 1, currency) is below


@pytest.mark.parametrize("amount", [0, -1, -(2**62)])
def test_zero_and_negative_amounts_are_not_positive(amount: int) -> None:
    assert refused(amount, "EUR") is DeadLetterReason.AMOUNT_NOT_POSITIVE


def test_a_waiver_lifts_the_limits_but_not_the_sign_nor_the_twelve_digits() -> None:
    assert refused(0, "EUR", waived=True) is None
    assert refused(1, "EUR", waived=True) is None
    assert refused(AMOUNT_MAX, "JPY", waived=True) is None
    assert refused(-1, "EUR", waived=True) is DeadLetterReason.AMOUNT_NOT_POSITIVE
    assert refused(AMOUNT_MAX + 1, "EUR", waived=True) is DeadLetterReason.AMOUNT_ABOVE_LIMIT


def test_int64_sums_hold_nine_million_of_the_largest_amount() -> None:
    assert AMOUNT_MAX * 9_000_000 < 2**63


def test_the_detail_names_amount_limit_and_currency() -> None:
    refusal = check_amount(12_345_678, "JPY")
    assert refusal is not None
    assert "12345678" in refusal[1]
    assert "9999999" in refusal[1]
    assert "JPY" in refusal[1]


HEADER = b"Entity,AlphabeticCode,MinorUnit,WithdrawalDate\n"
EURO = b"GERMANY,EUR,2,\n"


def test_a_table_says_what_can_be_paid_with() -> None:
    rows = b"FRANCE,EUR,2,\nNEWLAND,XNL,4,\nFRANCE,FRF,2,1999-01\nZZ08_Gold,XAU,-,\nANTARCTICA,,,\n"
    table = Currencies.from_bytes(HEADER + EURO + rows)
    assert table.exponents == {"EUR": 2, "XNL": 4}
    assert check_amount(7, "XNL", False, table) is None
    assert check_amount(7, "XNL") is not None
    refusal = check_amount(100, "USD", False, table)
    assert refusal is not None
    assert refusal[0] is DeadLetterReason.UNKNOWN_CURRENCY


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (b"", "EUR with 2 decimals is not among"),
        (b"GERMANY,EUR,0,\n", "EUR with 2 decimals is not among"),
        (EURO + b"FRANCE,EUR,3,\n", "line 3: EUR has 2 decimals in an earlier line"),
        (EURO + b"X,usd,2,\n", "line 3: 'usd' is not a currency code"),
        (EURO + b"X,USDT,2,\n", "line 3: 'USDT' is not a currency code"),
        (EURO + b"X,USD,5,\n", "line 3: minor unit '5' of USD is not 0 to 4"),
        (EURO + b"X,USD,two,\n", "line 3: minor unit 'two'"),
        (EURO + b"X,USD,-1,\n", "line 3: minor unit '-1'"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(rows: bytes, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        Currencies.from_bytes(HEADER + rows)
