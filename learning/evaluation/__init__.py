"""A file of payments walked through as it was lived, and how well its frauds were found."""

from learning.evaluation.evaluation import Evaluated, Evaluation, evaluate

__all__ = [
    "Evaluated",
    "Evaluation",
    "evaluate",
]
