"""Gates that ask whether a challenger can be run at all: it loads, its features are the engine's, our scorer
gives LightGBM's own scores to the bit, and it is quick enough.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.scoring import ArtefactError, ModelArtefact, Scorer, micro_probabilities
from models.versions import bytes_version
from training.dataset import DatasetManifest
from training.gates.gate import Gate, GateBounds

ROWS_COMPARED: Final = 20_000
"""Real payments on which both scorers must agree; the probes of `models.scoring.model` come on top."""

BATCH: Final = 1_000
SINGLES: Final = 100
REPEATS: Final = 7
"""Of so many measurements the least counts: what else runs on the machine only adds."""

Matrix = NDArray[np.float64]


def loads(artefact: bytes, catalogue_names: Sequence[str]) -> tuple[Gate, Scorer | None]:
    """Whether the engine could load the artefact; the loaded model, if so."""
    try:
        scorer = Scorer.load(artefact, catalogue_names)
    except ArtefactError as error:
        return (
            Gate(
                "loads",
                False,
                f"the engine could not load it: {error}",
                next="train again, and register the file as it was written",
            ),
            None,
        )
    trees = {"leaf-masks": "our own scorer", "lightgbm": "LightGBM's C API"}[scorer.kind]
    return Gate("loads", True, f"version {bytes_version(artefact)}, scored by {trees}"), scorer


def catalogue(document: ModelArtefact, manifest: DatasetManifest, engine_hash: str) -> Gate:
    """Whether engine, model and data set mean the same by their features."""
    found = {"the model": document.catalogue_hash, "the data set": manifest.catalogue_hash}
    other = [f"{who} has {its}" for who, its in found.items() if its != engine_hash]
    if not other:
        return Gate("catalogue", True, f"features are those of the engine's catalogue {engine_hash[:16]}")
    return Gate(
        "catalogue",
        False,
        f"the engine's catalogue is {engine_hash[:16]}; {', '.join(other)}",
        next="build the data set and train with the catalogue that is live (TOLLGATE_FEATURES, versions)",
    )


def features(needs: Mapping[str, Sequence[str]], manifest: DatasetManifest) -> Gate:
    """Whether the data set has what each model, named by the keys of `needs`, reads."""
    there = set(manifest.features)
    missing = {who: [name for name in names if name not in there] for who, names in needs.items()}
    lacking = [f"{who} needs {len(names)}: {', '.join(names[:5])}" for who, names in missing.items() if names]
    if not lacking:
        return Gate(
            "features", True, f"the data set has all {len(set().union(*needs.values()))} that are read"
        )
    return Gate(
        "features",
        False,
        f"the data set lacks features; {'; '.join(lacking)}",
        next="rebuild the data set from vectors of the live catalogue",
    )


def finite(micro: NDArray[np.int64]) -> Gate:
    """Whether every payment has a probability; -1 stands for none."""
    none = int((micro < 0).sum())
    figures = {"payments": float(len(micro)), "without": float(none)}
    if none == 0:
        return Gate("scores", True, "every payment has a probability", figures, "none without")
    return Gate(
        "scores",
        False,
        f"{none:,} of {len(micro):,} payments have no probability (NaN)",
        figures,
        "none without",
        "look for NaN or infinite leaf values, and at the calibration",
    )


def bit_equal(document: ModelArtefact, scorer: Scorer, matrix: Matrix) -> Gate:
    """Whether our scores are LightGBM's own, bit for bit, on real payments (`matrix`, columns as the scorer's
    catalogue) and in batches of any size, and the probabilities in micro-units too.
    """
    rows = matrix[np.linspace(0, len(matrix) - 1, min(len(matrix), ROWS_COMPARED)).astype(int)]
    theirs = _lightgbm(document.booster, rows[:, scorer.features])
    ours = scorer.raw_scores(rows)
    singly = np.concatenate([scorer.raw_scores(rows[at : at + 1]) for at in range(min(SINGLES, len(rows)))])
    differ = int((~_same(ours, theirs)).sum()) + int((~_same(singly, theirs[: len(singly)])).sum())
    micro = int((scorer.probabilities(rows) != micro_probabilities(theirs, document.calibration)).sum())
    figures = {
        "rows": float(len(rows)),
        "raw_scores_differ": float(differ),
        "probabilities_differ": float(micro),
    }
    if differ + micro == 0:
        return Gate(
            "bit_equal", True, f"equal to LightGBM's on {len(rows):,} payments", figures, "none differs"
        )
    return Gate(
        "bit_equal",
        False,
        f"{differ:,} raw scores and {micro:,} probabilities are not LightGBM's own",
        figures,
        "none differs",
        "a defect of the scorer or another version of LightGBM: keep the artefact, and report it",
    )


def _same(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(ours.view(np.int64) == theirs.view(np.int64))


def _lightgbm(booster: str, rows: Matrix) -> NDArray[np.float64]:
    """By the Python package, which shares no code of ours."""
    import lightgbm

    loaded = lightgbm.Booster(model_str=booster)
    return np.asarray(loaded.predict(rows, raw_score=True, num_threads=1), np.float64)


def latency(
    challenger: Scorer,
    champion: Scorer,
    matrix: Matrix,
    bounds: GateBounds,
    clock: Callable[[], int] = time.process_time_ns,
) -> Gate:
    """Whether scoring takes little more processor time than the champion's, one by one and in batches."""
    rows = np.resize(matrix, (BATCH, matrix.shape[1]))
    figures: dict[str, float] = {}
    over = []
    for what, size, allowance in (
        ("single", 1, bounds.latency_single_us),
        ("batch", BATCH, bounds.latency_batch_us),
    ):
        ours, before = measured([challenger, champion], rows, size, clock)
        limit = bounds.latency_ratio * before + allowance
        figures |= {f"{what}_us": ours, f"{what}_champion_us": before, f"{what}_limit_us": limit}
        if ours > limit:
            over.append(f"{ours:,.1f} us a payment in batches of {size:,}, {limit:,.1f} allowed")
    bound = (
        f"{bounds.latency_ratio:g} x champion + {bounds.latency_single_us:g} us single, "
        f"+ {bounds.latency_batch_us:g} us in batches"
    )
    if over:
        return Gate("latency", False, "; ".join(over), figures, bound, "fewer trees, or fewer leaves")
    words = f"{figures['single_us']:.1f} us alone, {figures['batch_us']:.2f} us in batches of {BATCH:,}"
    return Gate("latency", True, words, figures, bound)


def measured(
    scorers: Sequence[Scorer],
    rows: Matrix,
    size: int,
    clock: Callable[[], int] = time.process_time_ns,
) -> list[float]:
    """Microseconds of processor time a payment, by scorer, in batches of `size`: the least of `REPEATS`
    measurements, taken in turns so that a slow moment meets all.
    """
    starts = range(0, min(len(rows), size * SINGLES), size)
    batches = [np.ascontiguousarray(rows[at : at + size]) for at in starts]
    best = [float("inf")] * len(scorers)
    for _ in range(REPEATS):
        for which, scorer in enumerate(scorers):
            before = clock()
            for batch in batches:
                scorer.probabilities(batch)
            best[which] = min(best[which], (clock() - before) / 1_000 / (size * len(batches)))
    return best
