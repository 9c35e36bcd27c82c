"""A trained model's report: pictures, page, model card."""

from training.report.model_card import card
from training.report.report import Report, figure, html
from training.report.reporting import report

__all__ = [
    "Report",
    "card",
    "figure",
    "html",
    "report",
]
