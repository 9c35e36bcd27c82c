"""How a new model goes live: the challenger in shadow or canary, and the monitor that withdraws it."""

from models.rollout.trial import Models, Trial
from models.rollout.trial_monitor import Halt, Scored, TrialWatch

__all__ = [
    "Halt",
    "Models",
    "Scored",
    "Trial",
    "TrialWatch",
]
