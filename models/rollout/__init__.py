"""How a new model goes live: the challenger in shadow or canary, and the monitor that withdraws it.

Invariant: which models score changes at places of the log only. Imports `models.policy`, for the verdicts.
"""

from models.rollout.score_stability import EDGES, histogram, psi_micro
from models.rollout.trial import ModelsInEffect, Trial
from models.rollout.trial_monitor import BoundBreach, ScoredPayments, TrialMonitor

__all__ = [
    "EDGES",
    "BoundBreach",
    "ModelsInEffect",
    "ScoredPayments",
    "Trial",
    "TrialMonitor",
    "histogram",
    "psi_micro",
]
