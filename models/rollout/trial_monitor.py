"""Whether a challenger stays within its bounds: what its trial has measured so far.

Three things are watched, each over windows (`models.messages.TrialBounds` gives their length):
- errors: the share of payments to which the challenger gave no probability. As soon as a window holds too
  many, it need not be full;
- scores: how far its probabilities are from the reference's, or from the champion's (`score_stability`);
- verdicts: how often each verdict is given in the challenger's share and outside of it. Out of bounds is a
  difference above the bound that chance does not explain: more than `SIGMAS` standard errors.

Invariants
- Payments count one by one in order of the log, and a window ends after a payment: neither cuts nor
  snapshots show.
- At most one halt a trial: from then on nothing is measured, until another trial begins.
- State is 34 integers; before the first trial of an engine it is all 0, and its hash is 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.policy import VERDICTS
from models.rollout.score_stability import BINS, histogram, psi_micro
from models.rollout.trial import AGED, Trial
from models.units import HOUR_MS, MICRO

SIGMAS: Final = 4
NEVER: Final = 2**62

TRIAL, ASKED, SCORES_FROM, ERRORS, GROUPS_FROM, PAYMENTS = range(6)
CHAMPION: Final = slice(6, 6 + BINS)
CHALLENGER: Final = slice(CHAMPION.stop, CHAMPION.stop + BINS)
CONTROL: Final = slice(CHALLENGER.stop, CHALLENGER.stop + len(VERDICTS))
CANARY: Final = slice(CONTROL.stop, CONTROL.stop + len(VERDICTS))


class BoundBreach(NamedTuple):
    """The bound that a challenger left."""

    cause: Literal["scores", "verdicts", "errors"]
    """Which bound."""
    measured: int
    """What was measured, micro-units."""
    bound: int
    """What is allowed, micro-units."""
    time: int
    """Time of the payment that showed it (ms)."""
    description: str
    """The same in words."""


@dataclass(frozen=True)
class ScoredPayments:
    """n payments in order of the log; every array has shape (n,)."""

    times: NDArray[np.int64]
    """Engine times, ms."""
    champion: NDArray[np.int64]
    """The champion's probabilities, micro-units, -1 for none."""
    challenger: NDArray[np.int64]
    """The challenger's."""
    drawn: NDArray[np.bool_]
    """Whether each belongs to the challenger's share."""
    verdict: NDArray[np.uint8]
    """Codes of the verdicts that were given."""

    def part(self, rows: slice) -> "ScoredPayments":
        """Some of the payments."""
        return ScoredPayments(
            self.times[rows], self.champion[rows], self.challenger[rows], self.drawn[rows], self.verdict[rows]
        )


@dataclass
class TrialMonitor:
    """The state; see the module's invariants."""

    numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(CANARY.stop, np.int64))

    def see(self, trial: Trial, scored: ScoredPayments) -> BoundBreach | None:
        """Takes in payments of a trial; the halt that they ask for."""
        if self.numbers[TRIAL] != trial.number:
            self.numbers[:] = 0
            self.numbers[TRIAL] = trial.number
        at, halt = 0, None
        while halt is None and at < len(scored.times) and not self.numbers[ASKED]:
            rest = scored.part(slice(at, None))
            ends = self._scores_end(trial, rest), self._groups_end(trial, rest)
            part = rest.part(slice(0, min(*ends)))
            self._add(trial, part)
            at += len(part.times)
            halt = self._judged(trial, int(part.times[-1]), *(end <= len(part.times) for end in ends))
        self.numbers[ASKED] |= halt is not None
        return halt

    def _scores_end(self, trial: Trial, rest: ScoredPayments) -> int:
        """With how many more payments the window of scores ends."""
        bounds, numbers = trial.bounds, self.numbers
        full = bounds.window_payments - int(numbers[PAYMENTS])
        begun = int(numbers[SCORES_FROM] if numbers[PAYMENTS] else rest.times[0])
        aged = max(_aged(rest, begun, bounds.window_hours), full - _young(bounds.window_payments))
        if bounds.errors_max is None:
            return min(full, aged)
        most = bounds.errors_max * bounds.window_payments // MICRO - int(numbers[ERRORS])
        return min(full, aged, _reached(np.cumsum(rest.challenger < 0), most + 1))

    def _groups_end(self, trial: Trial, rest: ScoredPayments) -> int:
        """With how many more payments the window of verdicts ends."""
        bounds, numbers = trial.bounds, self.numbers
        if not _compared(trial):
            return NEVER
        canary, control = int(numbers[CANARY].sum()), int(numbers[CONTROL].sum())
        smaller = np.minimum(canary + np.cumsum(rest.drawn), control + np.cumsum(~rest.drawn))
        begun = int(numbers[GROUPS_FROM] if canary + control else rest.times[0])
        least = _reached(smaller, bounds.group_payments - _young(bounds.group_payments))
        aged = max(_aged(rest, begun, bounds.window_hours), least)
        return min(_reached(smaller, bounds.group_payments), aged)

    def _add(self, trial: Trial, part: ScoredPayments) -> None:
        numbers = self.numbers
        if not numbers[PAYMENTS]:
            numbers[SCORES_FROM] = part.times[0]
        numbers[PAYMENTS] += len(part.times)
        numbers[ERRORS] += int((part.challenger < 0).sum())
        numbers[CHAMPION] += histogram(part.champion)
        numbers[CHALLENGER] += histogram(part.challenger)
        if _compared(trial):
            if not numbers[CONTROL].any() and not numbers[CANARY].any():
                numbers[GROUPS_FROM] = part.times[0]
            numbers[CANARY] += np.bincount(part.verdict[part.drawn], minlength=len(VERDICTS))
            numbers[CONTROL] += np.bincount(part.verdict[~part.drawn], minlength=len(VERDICTS))

    def _judged(self, trial: Trial, now: int, scores: bool, groups: bool) -> BoundBreach | None:
        """The breach that the windows which have ended show; they start again."""
        halt = None
        if scores:
            halt = self._errors(trial, now) or self._scores(trial, now)
            self.numbers[[SCORES_FROM, ERRORS, PAYMENTS]] = 0
            self.numbers[CHAMPION] = self.numbers[CHALLENGER] = 0
        if groups:
            halt = halt or self._verdicts(trial, now)
            self.numbers[GROUPS_FROM] = 0
            self.numbers[CONTROL] = self.numbers[CANARY] = 0
        return halt

    def _errors(self, trial: Trial, now: int) -> BoundBreach | None:
        bound, payments, errors = trial.bounds.errors_max, int(self.numbers[PAYMENTS]), self.numbers[ERRORS]
        share = int(errors) * MICRO // payments
        if bound is None or int(errors) * MICRO <= bound * payments:
            return None
        description = f"no probability for {errors} of {payments:,} payments, more than {_percent(bound)}"
        return BoundBreach("errors", share, bound, now, description)

    def _scores(self, trial: Trial, now: int) -> BoundBreach | None:
        bounds = trial.bounds
        seen = self.numbers[CHALLENGER].tolist()
        expected = self.numbers[CHAMPION].tolist() if bounds.reference is None else bounds.reference
        if bounds.psi_max is None or min(sum(seen), sum(expected)) < bounds.window_payments // AGED:
            return None
        psi = psi_micro(seen, expected)
        if psi <= bounds.psi_max:
            return None
        what = "the champion's" if bounds.reference is None else "the reference"
        description = (
            f"PSI {psi / MICRO:.3f} of its scores against {what} over {sum(seen):,} payments, "
            f"more than {bounds.psi_max / MICRO:.3f}"
        )
        return BoundBreach("scores", psi, bounds.psi_max, now, description)

    def _verdicts(self, trial: Trial, now: int) -> BoundBreach | None:
        bound = trial.bounds.verdict_gap_max
        canary, control = self.numbers[CANARY].tolist(), self.numbers[CONTROL].tolist()
        assert bound is not None
        n, m = sum(canary), sum(control)
        for verdict, mine, others in zip(VERDICTS, canary, control, strict=True):
            gap = abs(mine * m - others * n) * MICRO // (n * m)
            if gap > bound and _beyond_chance(mine, n, others, m):
                description = (
                    f"{verdict.value} for {_percent(mine * MICRO // n)} of {n:,} payments in its share, "
                    f"{_percent(others * MICRO // m)} of {m:,} outside: more than {_percent(bound)} apart"
                )
                return BoundBreach("verdicts", gap, bound, now, description)
        return None

    def logical_hash(self) -> int:
        """64 bits over the state; 0 before the first trial."""
        return xxhash.xxh3_64_intdigest(self.numbers.astype("<i8").tobytes()) if self.numbers.any() else 0

    def arrays(self) -> dict[str, NDArray[np.int64]]:
        """What a snapshot keeps."""
        return {"numbers": self.numbers}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "TrialMonitor":
        """The inverse of `arrays`; without any (a snapshot from before there were trials) nothing is seen."""
        return cls(arrays["numbers"].astype(np.int64)) if arrays else cls()


def _young(payments: int) -> int:
    """How many payments an old window may lack."""
    return payments - payments // AGED


def _aged(rest: ScoredPayments, begun: int, hours: int) -> int:
    return _reached(rest.times, begun + hours * HOUR_MS)


def _reached(rising: NDArray[np.int64], value: int) -> int:
    """How many entries it takes until they reach `value`; more than there are where they do not."""
    return int(np.searchsorted(rising, value)) + 1


def _compared(trial: Trial) -> bool:
    """Whether there are two groups, and a bound for their difference."""
    return 0 < trial.share < MICRO and trial.bounds.verdict_gap_max is not None


def _beyond_chance(mine: int, n: int, others: int, m: int) -> bool:
    """Whether two shares differ by more than `SIGMAS` standard errors (pooled), in whole numbers."""
    both, all_ = mine + others, n + m
    return (mine * m - others * n) ** 2 * all_ > SIGMAS**2 * both * (all_ - both) * n * m


def _percent(micro: int) -> str:
    return f"{micro / 10_000:.2f} %"
