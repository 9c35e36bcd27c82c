"""Which models score, and whom a challenger decides for."""

import numpy as np
import pytest

from models.cohort_draw import draw_seed, in_share
from models.messages.control import ChallengerChange, ModelChange, PromoteChange, TrialBounds
from models.policy.holdout import PURPOSE as HOLDOUT
from models.rollout.trial import ModelsInEffect, Trial

A, B, C = (letter * 64 for letter in "abc")
N = 100_000
KEYS = np.arange(1, N + 1, dtype=np.uint64)


def share_of(share: int, salt: str = "") -> np.ndarray:
    trial = Trial(1, A, share, "card", salt, TrialBounds())
    return trial.share_of(KEYS, KEYS)


@pytest.mark.parametrize("share", [0, 10_000, 50_000, 500_000, 1_000_000])
def test_the_share_is_what_it_says(share: int) -> None:
    assert abs(share_of(share).mean() - share / 1e6) < 0.005


def test_a_larger_share_holds_the_smaller_one() -> None:
    """Raising the share moves nobody back."""
    assert (share_of(50_000) <= share_of(200_000)).all()


def test_guests_go_by_their_card() -> None:
    trial = Trial(1, A, 200_000, "customer", "", TrialBounds())
    customers = np.where(KEYS % 2 == 0, KEYS + 7, 0).astype(np.uint64)
    found = trial.share_of(KEYS, customers)
    assert np.array_equal(found[customers == 0], share_of(200_000)[customers == 0])
    assert abs(found[customers == 0].mean() - 0.2) < 0.01


@pytest.mark.parametrize("salt", ["", "same"])
def test_the_share_is_independent_of_the_holdouts_draw_even_with_its_salt(salt: str) -> None:
    canary, held = share_of(200_000, salt), in_share(KEYS, draw_seed(HOLDOUT, salt), 200_000)
    both = int((canary & held).sum())
    # 4,000 expected of 100,000; five standard deviations of a binomial.
    assert abs(both - 0.04 * N) < 5 * (N * 0.04 * 0.96) ** 0.5


def test_a_trial_is_over_when_the_champion_changes_and_goes_on_when_it_does_not() -> None:
    tried = ModelsInEffect(A).after(ChallengerChange(B))
    assert tried.after(ModelChange(A)) == tried
    assert tried.after(ModelChange(C)) == ModelsInEffect(C, None, 1)
    assert tried.after(ChallengerChange(None)) == ModelsInEffect(A, None, 1)


def test_every_offer_is_a_trial_of_its_own() -> None:
    tried = ModelsInEffect(A).after(ChallengerChange(B, 10_000)).after(ChallengerChange(B, 20_000))
    assert tried.trial is not None
    assert (tried.trial.number, tried.trial.share, tried.trials) == (2, 20_000, 2)


def test_what_is_so_already_may_be_asked_for_again() -> None:
    promoted = ModelsInEffect(A).after(ChallengerChange(B)).after(PromoteChange(B))
    assert promoted.after(PromoteChange(B)) == promoted
    other = promoted.after(ChallengerChange(C))
    assert other.after(PromoteChange(B)) == other


@pytest.mark.parametrize("reference", [(), (1,) * 9, (0,) * 10])
def test_a_reference_that_cannot_be_compared_with_is_refused(reference: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected 10 counts"):
        ModelsInEffect(A).after(ChallengerChange(B, bounds=TrialBounds(reference=reference)))


def test_a_reference_of_too_few_payments_for_its_window_is_refused() -> None:
    """Nobody would be told that scores are not watched."""
    few, enough = (19, 180, *(0,) * 8), (20, 180, *(0,) * 8)
    with pytest.raises(ValueError, match="199 payments, with a window of 2,000 it needs 200"):
        ModelsInEffect(A).after(ChallengerChange(B, bounds=TrialBounds(reference=few)))
    assert (
        ModelsInEffect(A).after(ChallengerChange(B, bounds=TrialBounds(reference=enough))).trial is not None
    )


def test_a_model_can_be_tried_against_itself() -> None:
    tried = ModelsInEffect(A).after(ChallengerChange(A, 500_000))
    assert tried.after(PromoteChange(A)) == ModelsInEffect(A, None, 1)
