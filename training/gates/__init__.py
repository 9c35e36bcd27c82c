"""Questions asked of a challenger before it may go live, each with its figures, bound and answer."""

from training.gates.gate import Bounds
from training.gates.gates import Gates, judge

__all__ = [
    "Bounds",
    "Gates",
    "judge",
]
