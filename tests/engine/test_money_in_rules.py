"""Money in rules, from the log to the decision: rates of the day, and payments that have none."""

from collections.abc import Callable

import msgspec
import pytest

from models.messages.decision import Decision
from streams.engine.core import Core
from tests.engine.engine_log import batch_of, record
from tests.engine.judges import rule, rules_live

MakeCore = Callable[[], Core]


@pytest.fixture
def hits(make_core: MakeCore, seed_controls: list[bytes]) -> Callable[..., tuple[str, ...]]:
    """The hits of one payment under rules about money."""

    def hits_of(amount: int, currency: str) -> tuple[str, ...]:
        live = rules_live(
            rule("above", "amount > 10 EUR", score=1),
            rule("below", "amount <= 10 EUR", score=1),
            rule("in_cents", "reference_amount < 1000", score=1),
            rule("dollars", "amount == 20 USD", score=1),
            rule("spent", "card_amount_sum_24h < 1 EUR", score=1),
        )
        core = make_core()
        log = [*seed_controls, live, record("a", amount=amount, currency=currency)]
        result = core.apply(batch_of(log))
        assert not result.dead_letters, result.dead_letters[0][1].detail
        return msgspec.json.decode(result.answers[0].body, type=Decision).hits

    return hits_of


def test_an_amount_compares_in_its_own_currency_and_through_the_days_rate(
    hits: Callable[..., tuple[str, ...]],
) -> None:
    assert hits(1_001, "EUR") == ("above", "spent")
    assert hits(1_000, "EUR") == ("below", "spent")
    assert hits(999, "EUR") == ("below", "in_cents", "spent")
    assert hits(2_000, "USD") == ("above", "dollars", "spent")


def test_an_amount_without_a_rate_is_missing_and_no_bound_holds(
    hits: Callable[..., tuple[str, ...]],
) -> None:
    assert hits(100, "AFN") == ("spent",)
    assert hits(10**9, "AFN") == ("spent",)
