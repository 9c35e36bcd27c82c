"""Gates a challenger has to pass before it goes live, each with its figures, bound and advice.

Invariant: gates change nothing, and judge on payments that neither model learned from. Imports `models`,
`training.dataset`, `training.measures`, `training.policy_comparison`.
"""

from training.gates.gate import GateBounds
from training.gates.gates import GateResults, judge_challenger

__all__ = [
    "GateBounds",
    "GateResults",
    "judge_challenger",
]
