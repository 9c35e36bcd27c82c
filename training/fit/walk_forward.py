"""Walk-forward evaluation: labels come late, models are retrained, payments are
scored before anything is learned from them.

        ... learn (train_ms) ...|<- delay ->| T: retrain | score until T + retrain_ms | ...

Invariants
- A payment is scored by a model that learned only from labels known when it was trained: which label an
  unreleased one will be changes no score.
- The settings of the trees are chosen once, by labels known at `start`: on the last matured days before it.
  The informative features are chosen before it too: what comes later changes no earlier score.
- A model is calibrated on payments that it, or a model before it, scored without having learned from them,
  and whose labels were known by then.
- The same history and plan give the same scores, to the last bit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from models.arrays import Floats
from models.scoring import micro_probabilities
from models.units import DAY_MS, MICRO
from training.dataset import FRAUD, NONE, AttemptLabels, DatasetSettings, PaymentHistory, column
from training.errors import NotTrainable
from training.fit.boosting import LIGHTGBM_DEFAULTS, BoostSettings, TrainingRows, grow_trees, raw_scores
from training.fit.calibration_choice import CalibrationChoice, CalibrationSample, choose
from training.fit.informative_features import informative_matrix
from training.fit.references import DEFAULTS, LOGISTIC, OURS, log_odds, logistic_regression
from training.fit.tuning import candidates, clearly_best, monotone_of
from training.measures import average_precision

CHOOSE_DAYS: Final = (14, 28, 56)
"""Days that choose the settings: the fewest that have `FRAUDS_WANTED` frauds, else the most."""

CHOOSE_SHARE: Final = 0.3
"""Of the days to learn from, how many at most choose the settings."""

FRAUDS_WANTED: Final = 50

OTHERS_PER_FRAUD: Final = 15
"""Legitimate payments learned from, a fraud; each stands for those that were left out."""

FRAUDS_MIN: Final = 20
"""With fewer to choose by nothing is chosen: the settings are the plan's, and nothing calibrates."""

LEARN_MIN: Final = 10
"""Frauds, and others, without which nothing can be learned."""

DRAW_SEED: Final = 20_190_101

Indices = NDArray[np.int64]
Log = Callable[[str], None]


class WalkPlan(Struct, frozen=True):
    """What to score and how. Times are UTC ms; payments from `start` (inclusive) to `end` (exclusive) are
    scored. `delay_ms` is how long labels take, `train_ms` how long a time is learned from (None:
    everything), `tune` how many settings are tried.
    """

    start: int
    end: int
    delay_ms: int
    retrain_ms: int
    train_ms: int | None = None
    tune: int = 12
    silence: str = "never"
    references: bool = True
    boost: BoostSettings = BoostSettings(leaf_rows=60, l2=20.0)

    @property
    def retrainings(self) -> list[int]:
        """When a model is retrained."""
        return list(range(self.start, self.end, self.retrain_ms))

    def learned_from(self, at_ms: int) -> int:
        """The earliest payment that a model trained at `at_ms` learns from."""
        return 0 if self.train_ms is None else at_ms - self.delay_ms - self.train_ms

    def choosing(self, first: int) -> list[tuple[int, int]]:
        """The days that may choose the settings, when history begins at `first`; the fewest first."""
        until = self.start - self.delay_ms
        there = until - max(first, self.learned_from(self.start))
        most = max(int(there * CHOOSE_SHARE), 0)
        return [(until - min(days * DAY_MS, most), until) for days in CHOOSE_DAYS]


@dataclass(frozen=True)
class WalkPeriod:
    """One retraining: when, what it learned from, how it was calibrated, and the payments it scored (rows of
    the history's attempts)."""

    at: int
    learned: int
    frauds: int
    calibration: CalibrationChoice
    rows: Indices


@dataclass
class WalkResult:
    """Scores of `rows` (of the history's attempts) by model; `fraud` is what is known of them at last (only
    rows with a label). `trials`: settings tried and the average precision of each, in that order.
    """

    rows: Indices
    scores: dict[str, Floats]
    periods: list[WalkPeriod]
    boost: BoostSettings
    monotone: bool
    trials: list[tuple[float, BoostSettings, bool]]
    names: tuple[str, ...] = ()


@dataclass
class _WalkData:
    """The rows in reach of a plan, and their labels as known on a day."""

    history: PaymentHistory
    plan: WalkPlan
    rows: Indices
    names: tuple[str, ...]
    matrix: Floats
    attempts: pa.Table
    labels: AttemptLabels
    pool: list[tuple[Indices, Floats]] = field(default_factory=list)

    def label(self, as_of: int) -> tuple[NDArray[np.int8], Floats]:
        """Label and weight of each row as known at `as_of`."""
        settings = DatasetSettings(as_of=as_of, silence=self.plan.silence)  # type: ignore[arg-type]
        labels = self.labels.labels(settings)
        return labels.label, labels.weight

    @property
    def occurred_at(self) -> Indices:
        return column(self.attempts, "occurred_at")


def walk(history: PaymentHistory, plan: WalkPlan, say: Log = lambda _: None) -> WalkResult:
    """Scores the payments of the plan. Raises `NotTrainable` where there is too little to learn from."""
    walked = _in_reach(history, plan)
    say(f"{len(walked.rows):,} payments in reach, {len(walked.names)} informative features")
    boost, monotone, trials = _chosen(walked, plan, say)
    scores: dict[str, list[Floats]] = {}
    periods = []
    for at in plan.retrainings:
        period, found = _period(walked, plan, at, boost, monotone)
        periods.append(period)
        for name, probability in found.items():
            scores.setdefault(name, []).append(probability)
        say(
            f"{np.datetime64(at, 'ms').astype('datetime64[D]')}: learned from {period.learned:,} payments, "
            f"{period.frauds:,} frauds; scored {len(period.rows):,}"
        )
    rows = np.concatenate([period.rows for period in periods])
    joined = {name: np.concatenate(parts) for name, parts in scores.items()}
    return WalkResult(rows, joined, periods, boost, bool(monotone), trials, walked.names)


def _in_reach(history: PaymentHistory, plan: WalkPlan) -> _WalkData:
    times = column(history.attempts, "occurred_at")
    first = int(times[0]) if len(times) else 0
    chosen_from = plan.choosing(first)[-1][0]
    low = 0 if plan.train_ms is None else chosen_from - plan.delay_ms - plan.train_ms
    rows = np.flatnonzero((times >= low) & (times < plan.end))
    if not len(rows) or not (times[rows] >= plan.start).any():
        raise NotTrainable("no payment is between --from and --to: compare them with the file's days")
    before = rows[times[rows] < plan.start]
    names, matrix = informative_matrix(history, rows, before if len(before) else rows)
    evidence = history.evidence
    place = np.full(history.attempts.num_rows, NONE, np.int64)
    place[rows] = np.arange(len(rows))
    row = column(evidence, "row")
    within = np.flatnonzero((row >= 0) & (place[np.maximum(row, 0)] >= 0))
    own = evidence.take(pa.array(within))
    own = own.set_column(0, "row", pa.array(place[row[within]], pa.int64()))
    attempts = history.attempts.take(pa.array(rows))
    return _WalkData(history, plan, rows, names, matrix, attempts, AttemptLabels(attempts, own))


class _TuningRows(NamedTuple):
    """What settings are tried on: to learn from, to stop and choose by (rows `judged` of the walk), and how
    many there are of the rarer class where it is rarest.
    """

    learn: TrainingRows
    held: TrainingRows
    judged: Indices
    fewest: int


def _choosing(walked: _WalkData, plan: WalkPlan) -> _TuningRows:
    """As in production: the days whose labels are not known yet separate what is learned from what is
    judged."""
    times = walked.occurred_at
    label, weight = walked.label(plan.start)
    for low, high in plan.choosing(int(times[0])):
        judged = _labelled(label, weight, times, low, high)
        if (label[judged] == FRAUD).sum() >= FRAUDS_WANTED:
            break
    then, then_weight = walked.label(low)
    learned_from = 0 if plan.train_ms is None else low - plan.delay_ms - plan.train_ms
    learn = _labelled(then, then_weight, times, learned_from, low)
    fewest = min(_fewer_class(then[learn]), _fewer_class(label[judged]))
    sample, weights = _sampled(learn, then, then_weight)
    learned = TrainingRows(walked.matrix[sample], then[sample] == FRAUD, weights)
    return _TuningRows(
        learned, TrainingRows(walked.matrix[judged], label[judged] == FRAUD, weight[judged]), judged, fewest
    )


def _chosen(
    walked: _WalkData, plan: WalkPlan, say: Log
) -> tuple[BoostSettings, dict[str, int], list[tuple[float, BoostSettings, bool]]]:
    """Settings and constraints that were best on the days before `start`, which calibrate as well."""
    learn, held, judged, fewest = _choosing(walked, plan)
    if fewest < FRAUDS_MIN:
        say(f"{fewest} frauds to choose settings by are too few: they are those given")
        return plan.boost, {}, []
    tries = max(plan.tune, 1)
    trials = []
    for number, (boost, constrained) in enumerate(candidates(plan.boost, tries), 1):
        monotone = monotone_of(walked.names) if constrained else {}
        booster = grow_trees(learn, walked.names, boost, stop_on=held, monotone=monotone)
        raw = raw_scores(booster, held.matrix)
        reached = average_precision(raw, held.fraud, held.weight)
        trees = booster.best_iteration or booster.num_trees()
        trials.append((reached, msgspec.structs.replace(boost, trees=trees), constrained, raw))
        say(f"settings {number} of {tries}: average precision {reached:.4f} with {trees} trees")
    taken = clearly_best([raw for *_, raw in trials], held, walked.occurred_at[judged])
    _, boost, constrained, raw = trials[taken]
    walked.pool.append((judged, raw))
    monotone = monotone_of(walked.names) if constrained else {}
    return boost, monotone, [trial[:3] for trial in trials]


def _period(
    walked: _WalkData, plan: WalkPlan, at_ms: int, boost: BoostSettings, monotone: dict[str, int]
) -> tuple[WalkPeriod, dict[str, Floats]]:
    times = walked.occurred_at
    label, weight = walked.label(at_ms)
    learn = _labelled(label, weight, times, plan.learned_from(at_ms), at_ms)
    _check(label[learn], f"known on {np.datetime64(at_ms, 'ms').astype('datetime64[D]')}")
    sample, weights = _sampled(learn, label, weight)
    learned = TrainingRows(walked.matrix[sample], label[sample] == FRAUD, weights)
    booster = grow_trees(learned, walked.names, boost, monotone=monotone)
    scored = np.flatnonzero((times >= at_ms) & (times < min(at_ms + plan.retrain_ms, plan.end)))
    raw = raw_scores(booster, walked.matrix[scored])
    calibration = _calibrated(walked, label, weight, boost)
    walked.pool.append((scored, raw))
    found = {OURS: micro_probabilities(raw, calibration.calibration) / MICRO}
    if plan.references:
        whole = TrainingRows(walked.matrix[learn], label[learn] == FRAUD, weight[learn])
        found |= _references(whole, walked.names, walked.matrix[scored])
    period = WalkPeriod(
        at_ms, len(learn), int((label[learn] == FRAUD).sum()), calibration, walked.rows[scored]
    )
    return period, found


def _calibrated(
    walked: _WalkData, label: NDArray[np.int8], weight: Floats, boost: BoostSettings
) -> CalibrationChoice:
    """On what was scored unseen so far and is known by now."""
    at = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in walked.pool)])
    raw = np.concatenate([np.zeros(0), *(raw for _, raw in walked.pool)])
    known = (label[at] != NONE) & (weight[at] > 0)
    at, raw = at[known], raw[known]
    sample = CalibrationSample(raw, label[at] == FRAUD, weight[at], walked.occurred_at[at])
    return choose(sample, -float(np.log(boost.positive_weight)))


def _labelled(label: NDArray[np.int8], weight: Floats, times: Indices, low: int, high: int) -> Indices:
    rows: Indices = np.flatnonzero((label != NONE) & (weight > 0) & (times >= low) & (times < high))
    return rows


def _sampled(rows: Indices, label: NDArray[np.int8], weight: Floats) -> tuple[Indices, Floats]:
    """All frauds and a seeded draw of the others, which weigh the more: their sum stays what it was."""
    fraud = label[rows] == FRAUD
    wanted = OTHERS_PER_FRAUD * max(1, int(fraud.sum()))
    share = min(1.0, wanted / max(1, int((~fraud).sum())))
    drawn = np.random.default_rng(DRAW_SEED).random(len(rows)) < share
    kept = rows[fraud | drawn]
    weights: Floats = weight[kept] * np.where(label[kept] == FRAUD, 1.0, 1.0 / share)
    return kept, weights


def _references(learn: TrainingRows, names: Sequence[str], matrix: Floats) -> dict[str, Floats]:
    """Uncalibrated probabilities: a default comes without calibration."""
    plain = grow_trees(learn, names, LIGHTGBM_DEFAULTS)
    odds = {DEFAULTS: raw_scores(plain, matrix), LOGISTIC: log_odds(logistic_regression(learn), matrix)}
    return {name: 1 / (1 + np.exp(-np.clip(each, -40, 40))) for name, each in odds.items()}


def _fewer_class(label: NDArray[Any]) -> int:
    """Frauds or legitimate payments, whichever are fewer."""
    frauds = int((label == FRAUD).sum())
    return min(frauds, len(label) - frauds)


def _check(label: NDArray[Any], where: str) -> None:
    if _fewer_class(label) >= LEARN_MIN:
        return
    frauds = int((label == FRAUD).sum())
    raise NotTrainable(
        f"{frauds:,} frauds and {len(label) - frauds:,} legitimate payments {where} are too few to learn "
        f"from (there must be {LEARN_MIN} of each): begin later (--from), learn from more days "
        "(--train-days), or compare --delay and the labels"
    )
