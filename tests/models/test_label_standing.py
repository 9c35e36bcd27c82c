"""Which label stands on a day: one rule, scalar and columnar."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels.standing import (
    ALWAYS,
    first_known_at,
    standing_at,
    standing_label,
    strengths,
    succession,
)
from models.labels.strength import STRENGTH


class Row(NamedTuple):
    payment: int
    value: str
    source: str
    final: bool
    known_at: int


rows = st.builds(
    Row,
    st.integers(0, 3),
    st.sampled_from(["fraud", "friendly", "legitimate", "unknown"]),
    st.sampled_from([*STRENGTH, "a source of somebody else"]),
    st.booleans(),
    st.integers(0, 6),
)
logs = st.lists(rows, max_size=12)
days = st.integers(-1, 7)


def columns(log: list[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Payments, strengths and times of the labels on a log."""
    payments = np.array([row.payment for row in log], np.uint64)
    known_at = np.array([row.known_at for row in log], np.int64)
    return payments, strengths([row.source for row in log], [row.final for row in log]), known_at


def scalar(log: list[Row], as_of: int) -> list[Row]:
    """The labels that stand, by the rule for one payment."""
    by_payment = [[row for row in log if row.payment == payment] for payment in range(4)]
    standing = [standing_label(labels, as_of) for labels in by_payment]
    return [label for label in standing if label is not None]


@given(logs, days)
def test_columnar_equals_scalar(log: list[Row], as_of: int) -> None:
    stands = standing_at(*columns(log), as_of)
    assert [log[row] for row in stands] == scalar(log, as_of)


@given(logs, days)
def test_the_last_of_the_succession_known_by_a_day_stands_on_it(log: list[Row], as_of: int) -> None:
    known = [log[row] for row in succession(*columns(log)) if log[row].known_at <= as_of]
    last = {row.payment: row for row in known}
    assert [last[payment] for payment in sorted(last)] == scalar(log, as_of)


@given(logs)
def test_every_label_of_the_succession_stands_on_the_day_it_is_known(log: list[Row]) -> None:
    for row in succession(*columns(log)):
        assert row in standing_at(*columns(log), log[row].known_at)


@given(logs, days)
def test_first_known_at_is_the_earliest_label_of_the_same_value(log: list[Row], as_of: int) -> None:
    payments, by_strength, known_at = columns(log)
    stands = standing_at(payments, by_strength, known_at, as_of)
    values = np.array([row.value for row in log], object)
    codes = np.unique(values.astype(str), return_inverse=True)[1]
    expected = [
        min(row.known_at for row in log if (row.payment, row.value) == (log[at].payment, log[at].value))
        for at in stands
    ]
    assert first_known_at(payments, codes, known_at, stands).tolist() == expected


NOTICE_THEN_CHARGEBACK = [
    Row(0, "fraud", "fraud_notice", False, 5),
    Row(0, "fraud", "chargeback", False, 30),
    Row(0, "legitimate", "review", False, 40),
]


@pytest.mark.parametrize(
    ("as_of", "source"),
    [(4, None), (5, "fraud_notice"), (10, "fraud_notice"), (30, "chargeback"), (ALWAYS, "chargeback")],
)
def test_a_notice_counts_until_the_chargeback_and_a_later_review_overrides_neither(
    as_of: int, source: str | None
) -> None:
    label = standing_label(NOTICE_THEN_CHARGEBACK, as_of)
    assert (label and label.source) == source
    stands = standing_at(*columns(NOTICE_THEN_CHARGEBACK), as_of)
    assert [NOTICE_THEN_CHARGEBACK[row].source for row in stands] == ([] if source is None else [source])
