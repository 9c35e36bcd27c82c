"""The short form of `tests.checks.model_fuzz`."""

from tests.checks.model_fuzz import REFUSED, SCORED, outcome, outcomes
from tests.support.damaged_models import damaged_model, good_model


def test_damaged_models_are_refused_or_score_finitely() -> None:
    found = dict(outcomes(100_000, 100_250))
    assert {number: word for number, word in found.items() if word not in (REFUSED, SCORED)} == {}
    assert list(found) == list(range(100_000, 100_250))
    assert set(found.values()) == {REFUSED, SCORED}


def test_the_good_model_scores_and_mutations_repeat() -> None:
    assert outcome(good_model()) == SCORED
    assert damaged_model(3) == damaged_model(3) != good_model()
