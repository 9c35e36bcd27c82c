"""Models for trials: the seed's with another calibration, one that scores nothing, and a broken file."""

from collections.abc import Callable
from typing import Any

import msgspec
from engine_log import DAY, NOW, record
from judges import control

from models.control import ChallengerChange, ModelChange, PromoteChange, TrialBounds
from models.payment import Customer, Method, MethodKind
from models.seed import seed_model_artefact
from models.trees import ModelArtefact
from streams.artefacts import ArtefactStore

UNWATCHED = TrialBounds(psi_max=None, verdict_gap_max=None, errors_max=None)
SMALL = TrialBounds(
    window_payments=100, group_payments=50, psi_max=None, verdict_gap_max=None, errors_max=None
)
TREE = (
    "num_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\nleft_child=\n"
    "right_child=\nleaf_value=1.5e308\nleaf_weight=\nleaf_count=\ninternal_value=\ninternal_weight=\n"
    "internal_count=\nis_linear=0\nshrinkage=1\n\n\n"
)


def calibrated(a: float = 1.0, b: float = 0.0) -> bytes:
    """The seed model with its log-odds stretched and shifted."""
    document = msgspec.json.decode(seed_model_artefact())
    document["calibration"]["a"] *= a
    document["calibration"]["b"] += b
    return msgspec.json.encode(document)


def without_probability() -> bytes:
    """A model that loads, and whose every probability is unknown: 0 times an infinite score."""
    document = msgspec.json.decode(seed_model_artefact())
    head, _, tail = document["booster"].partition("\nTree=0\n")
    sizes = " ".join(str(len(f"Tree={at}\n{TREE}")) for at in (0, 1))
    lines = [f"tree_sizes={sizes}" if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    end = tail[tail.index("end of trees") :]
    document["booster"] = "\n".join([*lines, f"Tree=0\n{TREE}Tree=1\n{TREE}{end}"])
    document["calibration"]["a"] = 0.0
    return msgspec.json.encode(document)


BROKEN = calibrated().replace(b"num_leaves=", b"num_leaves=9")
