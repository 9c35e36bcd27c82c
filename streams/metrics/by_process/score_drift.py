"""Whether a model's newest scores are spread as its earlier ones: the stability index over the decisions that
the engine remembers.

The engine remembers the decisions of its horizon (seven days) for duplicates anyway, so nothing is kept for
this, and a restart forgets nothing. Compared are scores of one model only: the first ones of a new model give
no figure.

Invariant: the engine decides nothing meanwhile, so no rule that hit is unpacked: each decision of the sample
may have a set of hits of its own.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.arrays import Int64s
from models.rollout import histogram, psi_micro
from models.units import MICRO

if TYPE_CHECKING:
    from streams.engine import Core

NEWEST: Final = 5_000
"""Decisions that are compared."""
SAMPLE: Final = 50_000
"""Decisions before them that they are compared with, at most, spread over all that are remembered."""
NEWEST_MIN: Final = 1_000
SAMPLE_MIN: Final = 5_000


def score_psi(core: "Core") -> float | None:
    """The stability index of the newest scores of the model in effect; None where there are too few."""
    model = core.context.versions.model
    first, end = core.admission.sequence - core.admission.remembered, core.admission.sequence
    border = max(first, end - NEWEST)
    newest = _scores(core, np.arange(border, end), model)
    earlier = _scores(core, _spread(first, border), model)
    if model is None or len(newest) < NEWEST_MIN or len(earlier) < SAMPLE_MIN:
        return None
    return psi_micro(histogram(newest).tolist(), histogram(earlier).tolist()) / MICRO


def _spread(first: int, end: int) -> Int64s:
    """At most `SAMPLE` sequences, evenly."""
    return np.arange(first, end, max(1, -(-(end - first) // SAMPLE)))


def _scores(core: "Core", records: Int64s, model: str | None) -> Int64s:
    """Probabilities (micro-units) of those of these decisions that the model scored, within the horizon.

    Labels and outcomes move engine time on as well, and drop sets of hits that are out of use; records
    beyond the horizon stay until the next payment.
    """
    from streams.engine.decision import origin_of

    (times,) = core.admission.columns(records, "engine_time")
    records = records[times > core.admission.engine_time - core.admission.horizon_ms]
    probabilities, sets, times = core.admission.columns(records, "probability", "hit_set", "engine_time")
    names, places = np.unique(core.hit_sets.names(sets, times), return_inverse=True)
    ours = {number for number, origin in enumerate(core.origins) if origin.versions.model == model}
    by_model = np.array([origin_of(core.hit_sets.key(name)) in ours for name in names.tolist()], np.bool_)
    scored: Any = probabilities.astype(np.int64)[by_model[places]] if len(names) else probabilities[:0]
    return np.asarray(scored[scored >= 0], np.int64)
