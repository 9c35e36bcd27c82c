"""The model: LightGBM trees, their scores bit for bit, calibration, and reason codes."""

from models.scoring import calibration
from models.scoring.calibration import POINTS_MAX, Calibration, Isotonic, Platt, micro_probabilities
from models.scoring.model import ArtefactError, ModelArtefact, Scorer
from models.scoring.reason_codes import in_words

__all__ = [
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
