"""A file of payments walked through as it was lived, and how well its frauds were found."""

from learning.evaluation.evaluation import EvaluationRequest, EvaluationResult, evaluate

__all__ = [
    "EvaluationRequest",
    "EvaluationResult",
    "evaluate",
]
