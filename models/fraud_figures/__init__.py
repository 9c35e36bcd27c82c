"""Figures of the daily fraud report: verdicts, fraud by age, rules by precision and money, model health.

Invariant: a report is a function of what was known when its day ended. Imports decided payments and below.
"""

from models.fraud_figures.fraud_by_age import AgeCohort, delay_curve, fraud_by_age
from models.fraud_figures.fraud_report import PERIOD_DAYS, FraudReport, ReportSettings, fraud_report
from models.fraud_figures.model_health import CalibrationBin, ModelDay, ModelHealth, model_health
from models.fraud_figures.rule_figures import RuleFigures, rule_figures, wilson
from models.fraud_figures.verdict_shares import BEFORE_DAYS, DayVerdicts, VerdictShare, day_verdicts

__all__ = [
    "BEFORE_DAYS",
    "PERIOD_DAYS",
    "AgeCohort",
    "CalibrationBin",
    "DayVerdicts",
    "FraudReport",
    "ModelDay",
    "ModelHealth",
    "ReportSettings",
    "RuleFigures",
    "VerdictShare",
    "day_verdicts",
    "delay_curve",
    "fraud_by_age",
    "fraud_report",
    "model_health",
    "rule_figures",
    "wilson",
]
