"""A trained model's report: pictures, page, model card.

Invariant: the same model and data set give the same bytes. Imports `models`, `training.dataset`,
`training.fit`, `training.measures`, matplotlib, jinja2.
"""

from training.report.model_card import card
from training.report.report import TrainingReport, figure, html
from training.report.reporting import report

__all__ = [
    "TrainingReport",
    "card",
    "figure",
    "html",
    "report",
]
