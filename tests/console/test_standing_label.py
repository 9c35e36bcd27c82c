"""Which label of a payment counts, where several and people's verdicts say different things."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboards.console.pages.payment.standing import standing_label
from models.labels.strength import strength
from tests.console.payment_rows import AT, LABEL, REVIEW


def label(value: str, source: str, days: int = 0, **changes: Any) -> dict[str, Any]:
    at: datetime = AT + timedelta(days=days)
    return LABEL | {
        "label": value, "source": source, "strength": strength(source, False), "known_at": at,
        "stands_after": value,
    } | changes  # fmt: skip


def test_a_chargeback_counts_against_a_verdict_that_was_given_before() -> None:
    found = standing_label(
        [label("legitimate", "review"), label("fraud", "chargeback", 9)], [REVIEW | {"label": "legitimate"}]
    )
    assert found is not None
    assert (found.label, found.why) == ("fraud", "a chargeback")
    assert found.beside == ("The verdict legitimate of ana does not count: it yields to a chargeback.",)
    assert "Training, reports and the features" in found.used_for


def test_a_verdict_given_with_the_dispute_known_counts_against_the_chargeback() -> None:
    found = standing_label(
        [label("fraud", "chargeback"), label("legitimate", "analyst", 3)], [REVIEW | {"label": "legitimate"}]
    )
    assert found is not None
    assert (found.label, found.why) == ("legitimate", "an analyst's verdict, given with the dispute known")
    (told,) = found.beside
    assert told.startswith("It was fraud by a chargeback before: it yields to a later verdict, or one given")


def test_a_weaker_label_that_came_later_does_not_count() -> None:
    found = standing_label(
        [label("fraud", "chargeback"), label("legitimate", "silence", 9, stands_after="fraud")], []
    )
    assert found is not None
    assert (found.label, found.why) == ("fraud", "a chargeback")
    assert "yields to a chargeback" in found.beside[0]


def test_an_unknown_label_is_left_out_of_training() -> None:
    found = standing_label([label("unknown", "analyst")], [])
    assert found is not None
    assert "leave it out" in found.used_for


@pytest.mark.parametrize("reviews", [[], [REVIEW]])
def test_without_a_label_nothing_stands(reviews: list[Any]) -> None:
    assert standing_label([], reviews) is None
