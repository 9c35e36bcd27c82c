"""What the process of its own does with a model: load it, score unusual rows, look at the scores."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.scoring import ArtefactError, Scorer
from models.units import MICRO
from streams.model_probe.blocks import ProbeVerdict

ROWS: Final = 64
UNUSUAL: Final = (np.nan, 0.0, -0.0, 1e-36, 5e-324, 1e300, -1e300, np.inf, -np.inf, 1.0, 3.0, -2.5, 1e6)


def verdict(artefact: bytes, names: Sequence[str]) -> ProbeVerdict:
    """Whether the model may go live. `names`: the catalogue's columns."""
    try:
        return ProbeVerdict(_misfit(Scorer.load(artefact, names), len(names)))
    except ArtefactError as error:
        return ProbeVerdict(str(error), checked=True)
    except MemoryError:
        return ProbeVerdict("it takes more memory than a model may")


def _misfit(scorer: Scorer, columns: int) -> str | None:
    matrix = np.random.default_rng(20_190_101).choice(UNUSUAL, (ROWS, columns))
    raw, micro = scorer.raw_scores(matrix), scorer.probabilities(matrix)
    reasons = scorer.reason_codes(matrix)
    if not (np.isfinite(raw).all() and ((micro >= 0) & (micro <= MICRO)).all()):
        return "a payment would get no finite score"
    return None if len(raw) == len(micro) == len(reasons) == ROWS else "scores are missing"
