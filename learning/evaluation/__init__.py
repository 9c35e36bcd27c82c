"""Walk-forward evaluation on a file of payments: scores, and how well frauds were found.

Invariant: a payment is scored before anything is learned from it. Imports `learning.history`, `training`,
`streams`.
"""

from learning.evaluation.evaluation import EvaluationRequest, EvaluationResult, evaluate

__all__ = [
    "EvaluationRequest",
    "EvaluationResult",
    "evaluate",
]
