"""When a challenger is halted, and when it is not."""

from typing import Any

import msgspec
import numpy as np
import pytest

from models.messages.control import TrialBounds
from models.rollout.trial import Trial
from models.rollout.trial_monitor import BoundBreach, ScoredPayments, TrialMonitor

HOUR = 3_600_000
QUIET = TrialBounds(
    window_payments=100, group_payments=50, psi_max=None, verdict_gap_max=None, errors_max=None
)
DRAW = np.random.default_rng(7)


def trial(number: int = 1, share: int = 500_000, **bounds: Any) -> Trial:
    within = msgspec.structs.replace(QUIET, **bounds)
    return Trial(number, "a" * 64, share, "card", "", within)


def scored(n: int, start: int = 0, **changes: Any) -> ScoredPayments:
    """n payments a second apart that both models find alike, every other one in the share."""
    found = DRAW.integers(0, 30_000, n)
    said: dict[str, Any] = {
        "times": start + 1_000 * np.arange(n),
        "champion": found,
        "challenger": found,
        "drawn": np.arange(n) % 2 == 0,
        "verdict": np.arange(n) % 10 // 8 * 3,
    }
    return ScoredPayments(**said | changes)


def halts(of: Trial, *parts: ScoredPayments) -> list[BoundBreach]:
    watch = TrialMonitor()
    return [halt for part in parts if (halt := watch.see(of, part)) is not None]


def with_errors(n: int, errors: int) -> ScoredPayments:
    challenger = DRAW.integers(0, 30_000, n)
    challenger[DRAW.choice(n, errors, replace=False)] = -1
    return scored(n, challenger=challenger)


def test_errors_within_the_bound_are_borne_and_more_are_not() -> None:
    bound = trial(errors_max=100_000)
    assert halts(bound, with_errors(100, 10), with_errors(100, 10)) == []
    (halt,) = halts(bound, with_errors(100, 11))
    assert (halt.cause, halt.bound) == ("errors", 100_000)


def test_too_many_errors_end_a_window_before_it_is_full() -> None:
    bound = trial(window_payments=2_000, errors_max=10_000)
    (halt,) = halts(bound, scored(1_000, challenger=np.full(1_000, -1)))
    assert halt.time == 20_000
    assert halt.description == "no probability for 21 of 21 payments, more than 1.00 %"


def test_scores_like_the_champions_are_no_shift_and_others_are() -> None:
    bound = trial(psi_max=250_000)
    alike, found = scored(2_000), DRAW.integers(0, 30_000, 2_000)
    assert halts(bound, alike, scored(2_000, challenger=DRAW.integers(0, 30_000, 2_000))) == []
    (halt,) = halts(bound, scored(2_000, champion=found, challenger=found * 4))
    assert (halt.cause, halt.time) == ("scores", 99_000)
    assert halt.measured > 250_000


def test_with_a_reference_the_champion_does_not_matter() -> None:
    reference = (33, 33, 100, 167, 333, 334, 0, 0, 0, 0)
    bound = trial(psi_max=250_000, reference=reference)
    assert halts(bound, scored(2_000, champion=np.full(2_000, 900_000))) == []
    assert len(halts(bound, scored(2_000, challenger=np.full(2_000, 900_000)))) == 1


@pytest.mark.parametrize(
    ("inside", "outside", "bound", "halted"),
    [(2, 2, 10_000, False), (11, 2, 10_000, False), (40, 2, 10_000, True), (40, 2, 200_000, False)],
)
def test_verdicts_may_differ_by_the_bound_or_by_chance(
    inside: int, outside: int, bound: int, halted: bool
) -> None:
    """Of 200 payments each so many are declined: 11 beside 2 is 2.5 standard errors, 40 beside 2 is 6."""
    drawn, verdict = np.arange(400) < 200, np.zeros(400, np.uint8)
    verdict[:inside] = verdict[200 : 200 + outside] = 3
    order = DRAW.permutation(400)
    log = scored(400, drawn=drawn[order], verdict=verdict[order])
    found = halts(trial(group_payments=200, verdict_gap_max=bound), log)
    assert [halt.cause for halt in found] == ["verdicts"] * halted


def test_an_old_window_needs_a_tenth_of_its_payments() -> None:
    bound = trial(window_payments=1_000, psi_max=250_000, window_hours=1)
    shifted: dict[str, Any] = {"champion": np.full(99, 500), "challenger": np.full(99, 900_000)}
    late = scored(99, **shifted)
    assert halts(bound, late) == []
    one = {"champion": np.array([500]), "challenger": np.array([900_000])}
    assert len(halts(bound, late, scored(1, start=HOUR - 1, **one))) == 0
    assert len(halts(bound, late, scored(1, start=HOUR, **one))) == 1


def test_without_two_groups_no_verdicts_are_compared() -> None:
    for share in (0, 1_000_000):
        bound = trial(share=share, verdict_gap_max=0)
        assert halts(bound, scored(500, drawn=np.full(500, share > 0))) == []


def test_a_trial_is_halted_once_and_the_next_one_begins_anew() -> None:
    bad = scored(300, challenger=np.full(300, -1))
    watch = TrialMonitor()
    first, second = trial(1, errors_max=0), trial(2, errors_max=0)
    assert watch.see(first, bad) is not None
    assert watch.see(first, bad) is None
    assert watch.see(second, bad) is not None


def test_cuts_and_snapshots_do_not_show() -> None:
    n = 5_000
    challenger = DRAW.integers(0, 40_000, n)
    challenger[DRAW.choice(n, 40, replace=False)] = -1
    times = np.sort(DRAW.integers(0, 40 * HOUR, n))
    log = scored(n, times=times, challenger=challenger, drawn=DRAW.random(n) < 0.1)
    for bounds in ({"psi_max": 1}, {"errors_max": 20_000}, {"verdict_gap_max": 1}, {"psi_max": 10**6}):
        of = trial(share=100_000, window_payments=900, window_hours=5, **bounds)
        whole, cut, found = TrialMonitor(), TrialMonitor(), []
        expected = whole.see(of, log)
        at = 0
        while at < n:
            size = int(DRAW.integers(1, 400))
            cut = TrialMonitor.from_arrays({name: array.copy() for name, array in cut.arrays().items()})
            found.append(cut.see(of, log.part(slice(at, at + size))))
            at += size
        assert [halt for halt in found if halt] == [halt for halt in [expected] if halt]
        assert cut.logical_hash() == whole.logical_hash() != 0


def test_chance_alone_rarely_halts_with_the_defaults() -> None:
    """A challenger like its champion, over 200 windows of each kind and three kinds of payments."""
    for base in (500, 20_000, 200_000):
        n = 400_000
        rates = np.array([0.9, 0.05, 0.03, 0.02])
        log = scored(
            n,
            champion=DRAW.integers(0, base, n),
            challenger=DRAW.integers(0, base, n),
            drawn=DRAW.random(n) < 0.05,
            verdict=DRAW.choice(4, n, p=rates).astype(np.uint8),
        )
        assert halts(Trial(1, "a" * 64, 50_000, "card", "", TrialBounds()), log) == []
