"""A file of payments walked through as it was lived, and how well its frauds were found.

Figures are of the payments scored that have a label at last. `dropped` variants leave out cards already known
to be compromised, as the protocol of the Fraud Detection Handbook does: those with a fraud in the seven days
before what was learned from ends (`by training`), or, for the k-th day of a period (from 0), up to k days
later (`by day`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.catalogue import Catalogue
from learning.evaluation.labels import as_label_file
from learning.history import FileHistory, PaymentFile, computed, fitting_silence, from_file
from models.arrays import Bools, Floats
from models.units import DAY_MS
from storage import StagedFile
from streams.control_plane import catalogue_with_metadata
from streams.errors import Misconfigured
from streams.settings import Settings
from streams.sources.files import NO_TIME, ReplayMap, map_rows, numeric_keys, placeholders, read
from streams.sources.vectors import Progress, reference_tables
from training.dataset import FRAUD, NONE, DatasetSettings, column, labels_at
from training.fit import AUC, OURS, PERFECT, PRECISION, WalkPlan, WalkResult, figures, walk
from training.measures import ScoredExamples, metrics
from training.policy_comparison import POLICY, Costs

KNOWN_DAYS: Final = 7
EVERYTHING: Final = "all payments"
BY_TRAINING: Final = "without cards known by the end of training"
BY_DAY: Final = "without cards known by the day"
CARD_PRECISION: Final = "card precision@100"
LIFT: Final = "lift at 20 %"
MEAN_OF_PERIODS: Final = "mean of periods: "

Say = Callable[[str], None]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate. `label_features`: whether labels enter the vectors (they are learned from anyway)."""

    file: PaymentFile
    plan: WalkPlan
    drop_known: bool = False
    label_features: bool = True


@dataclass(frozen=True)
class EvaluationResult:
    """Figures by which payments count, by model, by name; and what was chosen."""

    walked: WalkResult
    figures: dict[str, dict[str, dict[str, float]]]
    counts: dict[str, tuple[int, int]]
    unread: int

    def document(self) -> dict[str, Any]:
        """As plain data; what is not defined is null."""
        tables = {
            variant: {model: _plain_table(found) for model, found in table.items()}
            for variant, table in self.figures.items()
        }
        return {
            "figures": tables,
            "payments": {name: {"payments": n, "frauds": k} for name, (n, k) in self.counts.items()},
            "settings": msgspec.to_builtins(self.walked.boost),
            "monotone": self.walked.monotone,
            "features": len(self.walked.names),
            "without_vector": self.unread,
            "periods": [
                {"at": period.at, "learned": period.learned, "frauds": period.frauds,
                 "calibration": period.calibration.kind, "scored": len(period.rows)}
                for period in self.walked.periods
            ],
        }  # fmt: skip


def evaluate(
    evaluation: EvaluationRequest, scores: Path, settings: Settings, catalogue: Catalogue, say: Say,
    progress: Progress = lambda *_: None,
) -> EvaluationResult:  # fmt: skip
    """Walks forward, writes `scores`, and measures. Raises `Misconfigured` or `training.errors`."""
    history = _history(evaluation, settings, catalogue, say, progress)
    silence = fitting_silence(history, "auto", has_outcomes=False)
    plan = msgspec.structs.replace(evaluation.plan, silence=silence)
    walked = walk(history, plan, say)
    unread = write_scores(scores, evaluation.file, history, walked, plan)
    return measured(history, walked, plan, evaluation.drop_known, unread)


def _history(
    evaluation: EvaluationRequest, settings: Settings, catalogue: Catalogue, say: Say, progress: Progress
) -> FileHistory:
    file, reference = evaluation.file, reference_tables()
    catalogue = catalogue_with_metadata(catalogue, numeric_keys(file.payments, file.replay_map))
    folder = settings.home / "training" / "vectors"
    if file.labels is not None:
        labels = as_label_file(file.labels, file.replay_map, settings.home / "training" / "labels")
        file = PaymentFile(file.payments, file.replay_map, labels, file.delay_ms, file.limit)
    elif file.replay_map.label is None:
        raise Misconfigured("the map names no label column: give --labels FILE")
    say(f"vectors of {file.payments.name}, computed once under {folder}")
    source = file if evaluation.label_features else _unlabelled(file)
    vectors = computed(source, folder, catalogue, reference, progress)
    return from_file(file, vectors, catalogue, reference, with_tokens=True)


def _unlabelled(file: PaymentFile) -> PaymentFile:
    """The same payments as the kernel sees them when no label ever comes."""
    return PaymentFile(file.payments, msgspec.structs.replace(file.replay_map, label=None), limit=file.limit)


def measured(
    history: FileHistory, walked: WalkResult, plan: WalkPlan, drop_known: bool, unread: int = 0
) -> EvaluationResult:
    """The figures of what was scored."""
    truth = _truth(history, plan)
    tokens = history.tokens["card"].to_numpy(zero_copy_only=False).astype(str)
    cards = np.unique(tokens, return_inverse=True)[1]
    variants = {EVERYTHING: truth[walked.rows] != NONE}
    if drop_known:
        for name, by_day in ((BY_TRAINING, False), (BY_DAY, True)):
            known = _of_known_cards(history, walked, plan, truth == FRAUD, cards, by_day)
            variants[name] = variants[EVERYTHING] & ~known
    tables, counts = {}, {}
    for name, kept in variants.items():
        rows = walked.rows[kept]
        scores = {model: score[kept] for model, score in walked.scores.items()}
        scores[PERFECT] = (truth[rows] == FRAUD).astype(np.float64)
        case = _Case(history, plan, rows, truth[rows] == FRAUD, cards[rows])
        tables[name] = {model: case.figures(score) for model, score in scores.items()}
        counts[name] = (len(rows), int(case.fraud.sum()))
    return EvaluationResult(walked, tables, counts, unread)


@dataclass(frozen=True)
class _Case:
    """Scored payments of one variant."""

    history: FileHistory
    plan: WalkPlan
    rows: Indices
    fraud: Bools
    card: Indices

    def figures(self, probability: Floats) -> dict[str, float]:
        times = column(self.history.attempts, "occurred_at")[self.rows]
        amount = column(self.history.attempts, "amount")[self.rows]
        scored = ScoredExamples(probability, self.fraud, np.ones(len(self.rows)))
        found = dict(figures(scored, amount, Costs(self.fraud, amount, times, POLICY)))
        found[LIFT] = metrics.recall(probability, self.fraud, 0.2) / 0.2
        day = (times - self.plan.start) // DAY_MS
        parts: list[Mapping[str, float]] = []
        for at in self.plan.retrainings:
            part = (times >= at) & (times < at + self.plan.retrain_ms)
            parts.append(_ranks(probability[part], self.fraud[part], day[part], self.card[part]))
        means = {name: _mean([part[name] for part in parts]) for name in parts[0]}
        found[CARD_PRECISION] = means.pop(CARD_PRECISION)
        return found | {MEAN_OF_PERIODS + name: value for name, value in means.items()}


def _mean(values: list[float]) -> float:
    """Of those that are defined; NaN where none is."""
    defined = [value for value in values if not math.isnan(value)]
    return sum(defined) / len(defined) if defined else math.nan


def _ranks(score: Floats, fraud: Bools, day: Indices, card: Indices) -> dict[str, float]:
    """What the published protocol averages over its test weeks."""
    return {
        AUC: metrics.roc_auc(score, fraud),
        PRECISION: metrics.average_precision(score, fraud),
        CARD_PRECISION: metrics.card_precision(score, fraud, day, card),
    }


def _truth(history: FileHistory, plan: WalkPlan) -> NDArray[np.int8]:
    """What each payment turned out to be, everything known."""
    settings = DatasetSettings(as_of=2**62, silence=plan.silence)  # type: ignore[arg-type]
    return labels_at(history.attempts, history.evidence, settings).label


def _of_known_cards(
    history: FileHistory, walked: WalkResult, plan: WalkPlan, fraud: Bools, card: Indices, by_day: bool
) -> Bools:
    """Which scored payments are of cards already known."""
    times = column(history.attempts, "occurred_at")
    known = np.zeros(len(walked.rows), np.bool_)
    made = times[walked.rows]
    for at in plan.retrainings:
        trained_until = at - plan.delay_ms
        for start in range(at, min(at + plan.retrain_ms, plan.end), DAY_MS):
            until = trained_until + (start - at if by_day else 0)
            recent = fraud & (times >= trained_until - KNOWN_DAYS * DAY_MS) & (times < until)
            today = np.flatnonzero((made >= start) & (made < min(start + DAY_MS, at + plan.retrain_ms)))
            known[today] = np.isin(card[walked.rows[today]], card[recent])
    return known


def write_scores(
    path: Path, file: PaymentFile, history: FileHistory, walked: WalkResult, plan: WalkPlan
) -> int:
    """Writes `payment_id` as the file itself has it, and `probability`; returns how many payments had no
    vector (the engine would refuse them): they get the base rate.
    """
    ids, times = _ids_and_times(file)
    scored = history.file_rows[walked.rows]
    lost = np.setdiff1d(np.flatnonzero((times >= plan.start) & (times < plan.end)), history.file_rows)
    last = walked.periods[-1]
    rows = np.concatenate([scored, lost])
    base_rate = np.full(len(lost), last.frauds / last.learned)
    probability = np.concatenate([walked.scores[OURS], base_rate])
    order = np.argsort(rows, kind="stable")
    table = pa.table({"payment_id": ids.take(pa.array(rows[order])), "probability": probability[order]})
    path.parent.mkdir(parents=True, exist_ok=True)
    with StagedFile(path) as staged:
        pq.write_table(table, staged.partial)
    return len(lost)


def _ids_and_times(file: PaymentFile) -> tuple[pa.ChunkedArray, Indices]:
    """Of all rows: their own id (the column that the map makes the payment's id from), and their times."""
    replay_map = msgspec.structs.replace(file.replay_map, label=None)
    own = own_id_column(replay_map)
    ids: list[pa.Array] = []
    times: list[Indices] = []
    for rows in read(file.payments, list(replay_map.columns()), file.limit):
        mapped = map_rows(rows.columns, replay_map)
        texts = pa.array([str(payment.payment_id) for payment in mapped.payments], pa.string())
        ids.append(_with_gaps(texts if own is None else rows.columns[own], rows.places))
        gaps = np.array(rows.places, np.int64) - np.arange(len(rows.places))
        times.append(np.insert(mapped.occurred_at, gaps, NO_TIME))
    return pa.chunked_array(ids), np.concatenate(times)


def own_id_column(replay_map: ReplayMap) -> str | None:
    """The one column that a payment's id is made from; None where there are several."""
    template = replay_map.payment_id
    if not isinstance(template, str):
        return template.column if template.values is None else None
    columns = placeholders(template)
    return columns[0] if len(columns) == 1 else None


def _with_gaps(values: Any, places: list[int]) -> pa.Array:
    """Null where a line could not be read."""
    if not places:
        return values
    texts = values.to_pylist()
    for place in places:
        texts.insert(place, None)
    return pa.array(texts, values.type)


def _plain_table(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _plain(value) for name, value in figures.items()}


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
