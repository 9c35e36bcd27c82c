"""A trained model's report from what was measured: curves, pictures, segments, drift, warnings."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats
from models.versions import bytes_version
from training.dataset import DatasetManifest
from training.fit import OURS, PERFECT, TrainedModel
from training.measures import ScoredExamples, average_precision, curves, psi, segments
from training.report import pictures
from training.report.report import Picture, TrainingReport, day

SHAP_ROWS: Final = 2_000
DRIFT_ROWS: Final = 20_000
MOVED: Final = 0.25
FEW_FRAUDS: Final = 100
IMPORTANT: Final = 25


def report(trained: TrainedModel, manifest: DatasetManifest, title: str) -> TrainingReport:
    """All that a page shows."""
    at = trained.split.measure
    scored = {name: trained.examples.scored(at, p) for name, p in trained.probabilities.items()}
    drift = _drift(trained)
    kinds = {name: words[at] for name, words in trained.examples.segments.items()}
    names = list(trained.figures)
    return TrainingReport(
        title=title, version=bytes_version(trained.artefact), facts=_facts(trained, manifest), models=names,
        figures={name: [trained.figures[model][name] for model in names] for name in trained.figures[OURS]},
        pictures=_pictures(trained, scored, drift),
        segments=segments(scored[OURS], kinds, lambda examples: average_precision(*examples)),
        trials=trained.trials, drift=drift, importance=_importance(trained),
        warnings=_warnings(trained, manifest, drift),
    )  # fmt: skip


def _pictures(
    trained: TrainedModel, scored: Mapping[str, ScoredExamples], drift: list[tuple[str, float]]
) -> list[Picture]:
    ours, rivals = scored[OURS], {name: of for name, of in scored.items() if name != PERFECT}
    base = float(np.average(ours.fraud, weights=ours.weight))
    names, values, matrix = _shap(trained)
    return [
        Picture(
            "Precision and recall",
            "Up and to the right is better; the dotted line is chance.",
            pictures.precision_recall(_each(rivals, curves.precision_recall), base),
        ),
        Picture(
            "Calibration",
            "Points on the dotted line: of payments with this probability, so many were fraud.",
            pictures.calibration(curves.reliability(ours)),
        ),
        Picture(
            "Gain",
            "How many frauds are found when so many payments are looked at.",
            pictures.gain(_each(scored, curves.gain)),
        ),
        Picture(
            "Cost by threshold",
            "Declining from a probability on, against hindsight's best verdicts; the dot is the cheapest.",
            pictures.cost(_each(rivals, lambda examples: _cost(trained, examples))),
        ),
        Picture(
            "What moves the score",
            f"SHAP values of {len(values):,} payments of the weeks measured on.",
            pictures.shap_summary(names, values, matrix),
        ),
        Picture(
            "Drift",
            "How far features moved from the weeks learned from to those measured on.",
            pictures.drift([name for name, _ in drift], np.array([index for _, index in drift])),
        ),
    ]


def _each(
    scored: Mapping[str, ScoredExamples], curve: Callable[[ScoredExamples], tuple[Floats, Floats]]
) -> dict[str, tuple[Floats, Floats]]:
    return {name: curve(of) for name, of in scored.items()}


def _cost(trained: TrainedModel, scored: ScoredExamples) -> tuple[Floats, Floats]:
    return curves.cost_by_threshold(scored, trained.costs.passed, trained.costs.declined)


def _shap(trained: TrainedModel) -> tuple[tuple[str, ...], Floats, Floats]:
    """Features, what each adds to the log-odds of some payments, and their values there."""
    examples = trained.examples
    matrix = examples.matrix[_spread(trained.split.measure, SHAP_ROWS)]
    found = np.asarray(trained.booster.predict(matrix, pred_contrib=True, num_threads=1))
    return examples.names, found[:, :-1], matrix


def _drift(trained: TrainedModel) -> list[tuple[str, float]]:
    """Index by feature, the most moved first."""
    examples, parts = trained.examples, trained.split
    old, new = (examples.matrix[_spread(rows, DRIFT_ROWS)] for rows in (parts.again, parts.measure))
    found = [(name, psi(old[:, at], new[:, at])) for at, name in enumerate(examples.names)]
    return sorted(found, key=lambda pair: -pair[1])


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many rows, evenly."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _importance(trained: TrainedModel) -> list[tuple[str, float]]:
    gain = trained.booster.feature_importance("gain").astype(np.float64)
    total = max(float(gain.sum()), 1e-12)
    order = np.argsort(-gain, kind="stable")[:IMPORTANT].tolist()
    return [(trained.examples.names[at], float(gain[at] / total)) for at in order if gain[at] > 0]


def _facts(trained: TrainedModel, manifest: DatasetManifest) -> dict[str, str]:
    parts, examples = trained.split, trained.examples
    facts: dict[str, Any] = {
        "learned from": _span(parts.times.again, examples.fraud[parts.again]),
        "settings chosen on": _span(parts.times.choose, examples.fraud[parts.choose]),
        "calibrated on": _span(parts.times.calibrate, examples.fraud[parts.calibrate]),
        "measured on": _span(parts.times.measure, examples.fraud[parts.measure]),
        "labels as known on": day(manifest.as_of),
        "labels by": ", ".join(f"{source} {count:,}" for source, count in manifest.sources.items()),
        "negatives kept": f"{100 * manifest.sampling.negatives:g} %",
        "let through by the draw": f"{manifest.holdout.weighted:,}, weight {manifest.holdout.most:g} at most",
        "features": f"{len(examples.names)} that vary, of {len(manifest.features)} in catalogue "
        f"{manifest.catalogue_hash}",
        "trees": f"{trained.boost.trees} of {trained.boost.leaves} leaves, rate {trained.boost.rate:g}",
        "calibration": _calibration(trained),
        "data set": f"sha256 {manifest.sha256[:16]}",
    }  # fmt: skip
    return facts


def _calibration(trained: TrainedModel) -> str:
    choice = trained.calibration
    losses = ", ".join(f"{name} {loss:.5f}" for name, loss in choice.log_loss.items())
    return f"{choice.kind} (log loss on other days: {losses})"


def _span(times: tuple[int, int], fraud: NDArray[np.bool_]) -> str:
    frauds = int(fraud.sum())
    return f"{day(times[0])} to {day(times[1] - 1)}: {len(fraud):,} payments, {frauds:,} frauds"


def _warnings(trained: TrainedModel, manifest: DatasetManifest, drift: list[tuple[str, float]]) -> list[str]:
    found = []
    frauds = int(trained.examples.fraud[trained.split.measure].sum())
    if frauds < FEW_FRAUDS:
        found.append(f"Only {frauds} frauds in the weeks measured on: the figures may be luck.")
    moved = [name for name, index in drift if index > MOVED]
    if moved:
        found.append(
            f"{len(moved)} features moved much since the weeks learned from: {', '.join(moved[:5])}"
            f"{' ...' if len(moved) > 5 else ''}."
        )
    if manifest.parked:
        words = ", ".join(f"{count:,} {reason}" for reason, count in manifest.parked.items())
        found.append(f"Parked, not learned from: {words} (parked.parquet).")
    if manifest.holdout.capped:
        found.append(
            f"{manifest.holdout.capped:,} payments that the random draw let through weigh less than one over "
            "their propensity: such payments are under-represented."
        )
    return found
