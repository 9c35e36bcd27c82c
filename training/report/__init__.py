"""A trained model's report: pictures, page, model card."""

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
