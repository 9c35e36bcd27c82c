"""What if: model, rules and policy over one payment with other inputs."""

import json
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.messages import Control, RulesetChange, Verdict
from models.policy import Policy
from models.seed import seed_policy
from streams.engine.decision import Context
from streams.errors import Misconfigured
from streams.inspect import PaymentCase, parse_payment, rescored
from streams.sources.vectors import reference_tables

RULESET: Final[dict[str, Any]] = {
    "name": "test", "version": 2,
    "rules": [
        {"id": "many", "description": "d", "owner": "o", "when": "card_payment_count_1h > 5",
         "action": "block"},
        {"id": "large", "description": "d", "owner": "o", "when": "amount > 1000 EUR", "action": "review"},
    ],
}  # fmt: skip
PAYMENT: Final = {
    "type": "payment", "merchant_account": "acme", "payment_id": "p_1", "occurred_at": 1_790_000_000_000,
    "amount": 20_000, "currency": "EUR", "method": {"kind": "card", "token": "c_1"},
    "merchant": {"id": "m_1"},
}  # fmt: skip


class CountingScorer:
    """Says one percent for each payment of the card in the last hour."""

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        return (matrix[:, CATALOGUE.names.index("card_payment_count_1h")] * 10_000).astype(np.int64)


def no_artefact(sha256: str) -> bytes:
    raise KeyError(sha256)


def context(*, has_model: bool = True) -> Context:
    policy = Policy.from_dict(seed_policy())
    made = Context(CATALOGUE, no_artefact, policy=policy, tables=reference_tables())
    made = made.applied(Control("test", 0, "ana", RulesetChange(RULESET)))
    return replace(made, scorer=CountingScorer()) if has_model else made  # type: ignore[arg-type]


def case(count: float = 7) -> PaymentCase:
    vector = np.zeros(len(CATALOGUE.names))
    vector[CATALOGUE.names.index("card_payment_count_1h")] = count
    return replace(parse_payment(json.dumps(PAYMENT)), vector=vector)


def test_a_changed_feature_goes_to_the_model_and_to_the_rules() -> None:
    answer = rescored(context(), case(), {"card_payment_count_1h": 1})
    assert (answer.before, answer.stopped, answer.started) == (Verdict.DECLINE, ("many",), ())
    assert (answer.is_scored, answer.probability_after) == (True, 0.01)
    assert answer.after is Verdict.APPROVE


def test_an_amount_moves_in_every_column_that_holds_it() -> None:
    answer = rescored(context(), case(1), {"amount": 200_000})
    assert answer.started == ("large",)
    assert answer.after is Verdict.REVIEW


def test_a_given_probability_is_taken_as_it_is() -> None:
    answer = rescored(context(), case(1), {"probability": 0.25})
    assert (answer.is_scored, answer.probability_after) == (False, 0.25)


def test_without_a_model_the_probability_stays() -> None:
    answer = rescored(context(has_model=False), case(), {"card_payment_count_1h": 1})
    assert (answer.is_scored, answer.probability_before, answer.probability_after) == (False, None, None)
    assert answer.stopped == ("many",)


def test_a_feature_that_is_not_there_is_told() -> None:
    with pytest.raises(Misconfigured, match="there is no feature 'card_count'"):
        rescored(context(), case(), {"card_count": 1})


def test_without_a_ruleset_there_is_nothing_to_judge_by() -> None:
    with pytest.raises(Misconfigured, match="no ruleset"):
        rescored(Context(CATALOGUE, no_artefact), case(), {"amount": 1})


def test_the_case_itself_is_left_as_it_is() -> None:
    one = case()
    rescored(context(), one, {"card_payment_count_1h": 1})
    assert one.vector is not None
    assert one.vector[CATALOGUE.names.index("card_payment_count_1h")] == 7
