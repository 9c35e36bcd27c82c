"""The model: LightGBM trees, calibration and reason codes.

Invariants: raw scores equal LightGBM's own bit for bit; probabilities are micro-units, the same on every
machine. Imports messages and kernels.
"""

from models.scoring import calibration
from models.scoring.calibration import POINTS_MAX, Calibration, Isotonic, Platt, micro_probabilities
from models.scoring.model import ArtefactError, ModelArtefact, Scorer
from models.scoring.reason_codes import CODES, in_words

__all__ = [
    "CODES",
    "POINTS_MAX",
    "ArtefactError",
    "Calibration",
    "Isotonic",
    "ModelArtefact",
    "Platt",
    "Scorer",
    "calibration",
    "in_words",
    "micro_probabilities",
]
