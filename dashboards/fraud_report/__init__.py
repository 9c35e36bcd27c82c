"""The daily fraud report: its pictures, its page, and the mail that carries both.

Invariants: nothing is computed here, all figures come as `models.fraud_figures.FraudReport`; a page needs no
script and fetches nothing. Imports `models` and, for errors, `streams`.
"""

from dashboards.fraud_report.mail import address, message, subject
from dashboards.fraud_report.mail_server import check_server, send
from dashboards.fraud_report.page import data_address, html, text
from dashboards.fraud_report.pictures import pictures
from dashboards.fraud_report.wording import UNKNOWN, condition, count, money, nearness_bp, percent, share

__all__ = [
    "UNKNOWN",
    "address",
    "check_server",
    "condition",
    "count",
    "data_address",
    "html",
    "message",
    "money",
    "nearness_bp",
    "percent",
    "pictures",
    "send",
    "share",
    "subject",
    "text",
]
