"""From a data set to a model: settings and trees chosen, grown again, calibrated, measured with references.

Invariants
- What measures was seen by nothing before: not by the trees, the choice of settings, nor the calibration.
- Figures are those of the artefact as the engine would serve it (`models.scoring.model.Scorer`), references
  apart.
- The same data set and settings give the same artefact, byte for byte (here, on one thread).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.arrays import Floats
from models.scoring import Scorer, micro_probabilities
from models.units import MICRO
from training.dataset import Dataset, DatasetSplit, SplitSettings, split
from training.fit.artefact import artefact_document
from training.fit.boosting import LIGHTGBM_DEFAULTS, BoostSettings, raw_scores
from training.fit.calibration_choice import CalibrationChoice, CalibrationSample, choose
from training.fit.examples import Examples
from training.fit.figures import AUC, PRECISION, figures
from training.fit.growers import DaskGrower, Grower, LocalGrower, unconstrained, with_trees
from training.fit.references import DEFAULTS, LOGISTIC, OURS, PERFECT, log_odds, logistic_regression
from training.fit.tuning import candidates, clearly_best, monotone_of, run_trial
from training.measures import fit_platt, prior_shift_of
from training.policy_comparison import POLICY, Costs

Indices = NDArray[np.int64]
Step = Callable[[str], None]
"""Called with what comes next, in words."""


class TrainSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How to train. `tune`: settings tried besides `boost`; `features`: only these (None: the catalogue's);
    `threads`: one is repeatable, more are quicker; `references`: whether they are trained as well.
    """

    boost: BoostSettings = BoostSettings()
    tune: int = 0
    split: SplitSettings = SplitSettings()
    features: tuple[str, ...] | None = None
    threads: int = 1
    references: bool = True


@dataclass(frozen=True)
class TrainedModel:
    """A model with all that is known of it. `figures`: metric -> value, by model; `probabilities` by model
    are of the rows `split.measure`. `trials`: settings tried and what they reached, those
    taken first, then the best.
    """

    artefact: bytes
    booster: lightgbm.Booster
    boost: BoostSettings
    calibration: CalibrationChoice
    split: DatasetSplit
    examples: Examples
    figures: Mapping[str, Mapping[str, float]]
    probabilities: Mapping[str, Floats]
    costs: Costs
    trials: tuple[Mapping[str, Any], ...]
    settings: TrainSettings


def train(
    dataset: Dataset, settings: TrainSettings, client: Any = None, step: Step = lambda _: None
) -> TrainedModel:
    """Trains on a data set; on the Dask cluster of `client` where one is given. Raises `TrainingError`."""
    step("split by time")
    parts = split(dataset, settings.split)
    step("read features")
    examples = Examples.of(dataset, parts.again, settings.features)
    boost, monotone, trials = _chosen(examples, parts, settings, step)
    grower = _grower(dataset, examples, monotone, settings, client)
    step("grow trees, and find how many")
    boost = with_trees(boost, grower.grow(parts.learn, boost, parts.choose))
    step(f"grow {boost.trees} trees on everything before the calibration")
    booster = grower.grow(parts.again, boost)
    step("calibrate")
    calibration = _calibrated(examples, parts, booster, _shift(dataset, boost))
    about = _about(dataset, parts, boost, calibration, examples)
    text, features = booster.model_to_string(importance_type="gain"), examples.names
    model = artefact_document(text, features, dataset.manifest.catalogue_hash, calibration.calibration, about)
    served = Scorer.load(model, features).probabilities(examples.matrix[parts.measure]) / MICRO
    probabilities = {OURS: served, **_references(examples, parts, settings, step)}
    step("measure")
    at = parts.measure
    costs = Costs(examples.fraud[at], examples.amount[at], examples.occurred_at[at], POLICY)
    found = {
        name: figures(examples.scored(at, probability), examples.amount[at], costs)
        for name, probability in probabilities.items()
    }
    return TrainedModel(
        model, booster, boost, calibration, parts, examples, found, probabilities, costs, trials, settings
    )


def _chosen(
    examples: Examples, parts: DatasetSplit, settings: TrainSettings, step: Step
) -> tuple[BoostSettings, Mapping[str, int], tuple[Mapping[str, Any], ...]]:
    """Settings of the trees, which features are constrained, and what was tried for it."""
    if settings.tune == 0:
        return settings.boost, {}, ()
    trials = []
    for number, (boost, constrained) in enumerate(candidates(settings.boost, settings.tune), 1):
        step(f"try settings, {number} of {settings.tune}")
        trials.append(run_trial(examples, parts.learn, parts.choose, boost, constrained, settings.threads))
    held, times = examples.rows(parts.choose), examples.occurred_at[parts.choose]
    best = trials.pop(clearly_best([trial.raw for trial in trials], held, times))
    trials = [best, *sorted(trials, key=lambda trial: -trial.precision)]
    monotone = monotone_of(examples.names) if best.monotone else {}
    chosen = msgspec.structs.replace(best.boost, trees=settings.boost.trees)
    return chosen, monotone, tuple(trial.row() for trial in trials)


def _grower(
    dataset: Dataset,
    examples: Examples,
    monotone: Mapping[str, int],
    settings: TrainSettings,
    client: Any,
) -> Grower:
    if client is None:
        return LocalGrower(examples, monotone, settings.threads)
    return DaskGrower(client, dataset, examples, monotone)


def _shift(dataset: Dataset, boost: BoostSettings) -> float:
    """What to add to log-odds for negatives that were left out and frauds that weighed more."""
    return prior_shift_of(dataset.manifest.sampling.negatives) - float(np.log(boost.positive_weight))


def _calibrated(
    examples: Examples, parts: DatasetSplit, booster: lightgbm.Booster, shift: float
) -> CalibrationChoice:
    at = parts.calibrate
    raw = raw_scores(booster, examples.matrix[at])
    return choose(
        CalibrationSample(raw, examples.fraud[at], examples.weight[at], examples.occurred_at[at]), shift
    )


def _references(
    examples: Examples, parts: DatasetSplit, settings: TrainSettings, step: Step
) -> dict[str, Floats]:
    """Probabilities of the references, each calibrated by Platt on the same days."""
    if not settings.references:
        return {}
    step(f"reference: {DEFAULTS}")
    plain = unconstrained(LocalGrower(examples, {}, settings.threads)).grow(parts.again, LIGHTGBM_DEFAULTS)
    raw: dict[str, Callable[[Indices], Floats]] = {
        DEFAULTS: lambda rows: raw_scores(plain, examples.matrix[rows])
    }
    step(f"reference: {LOGISTIC}")
    pipeline = logistic_regression(examples.rows(parts.again))
    raw[LOGISTIC] = lambda rows: log_odds(pipeline, examples.matrix[rows])
    found = {name: _platt_probabilities(examples, parts, score) for name, score in raw.items()}
    return found | {PERFECT: examples.fraud[parts.measure].astype(np.float64)}


def _platt_probabilities(
    examples: Examples, parts: DatasetSplit, score: Callable[[Indices], Floats]
) -> Floats:
    at = parts.calibrate
    line = fit_platt(score(at), examples.fraud[at], examples.weight[at])
    return micro_probabilities(score(parts.measure), line) / MICRO


def _about(
    dataset: Dataset,
    parts: DatasetSplit,
    boost: BoostSettings,
    calibration: CalibrationChoice,
    examples: Examples,
) -> dict[str, Any]:
    """What an artefact says of itself; the same for the same inputs."""
    manifest, again = dataset.manifest, parts.again
    return {
        "by": "tollgate train",
        "from": parts.times.again[0],
        "to": parts.times.calibrate[1],
        "as_of": manifest.as_of,
        "dataset": manifest.sha256,
        "payments": len(again),
        "frauds": int(examples.fraud[again].sum()),
        "settings": msgspec.to_builtins(boost),
        "calibration": calibration.kind,
    }


def headline(trained: TrainedModel) -> str:
    """The two figures that people ask for first."""
    found = trained.figures[OURS]
    return f"AUC {found[AUC]:.3f}, average precision {found[PRECISION]:.3f}"
