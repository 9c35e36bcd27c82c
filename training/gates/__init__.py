"""Questions asked of a challenger before it may go live, each with its figures, bound and answer."""

from training.gates.gate import GateBounds
from training.gates.gates import GateResults, judge_challenger

__all__ = [
    "GateBounds",
    "GateResults",
    "judge_challenger",
]
