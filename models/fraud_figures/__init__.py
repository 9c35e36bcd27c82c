"""Figures of the daily fraud report: verdicts, fraud by age, rules by precision and money, model health.

Invariant: a report is a function of what was known when its day ended. Imports decided payments and below.
"""

from models.fraud_figures.fraud_by_age import AgeCohort, delay_curve, fraud_by_age
from models.fraud_figures.fraud_report import PERIOD_DAYS, FraudReport, ReportSettings, fraud_report
from models.fraud_figures.model_health import CalibrationBin, ModelDay, ModelHealth, model_health
from models.fraud_figures.rule_figures import RuleFigures, rule_figures, wilson
from models.fraud_figures.score_bins import (
    CurvePoint,
    ScoreBin,
    area_under_roc,
    curve,
    observed_over_expected,
)
from models.fraud_figures.verdict_shares import BEFORE_DAYS, DayVerdicts, VerdictShare, day_verdicts

__all__ = [
    "BEFORE_DAYS",
    "PERIOD_DAYS",
    "AgeCohort",
    "CalibrationBin",
    "CurvePoint",
    "DayVerdicts",
    "FraudReport",
    "ModelDay",
    "ModelHealth",
    "ReportSettings",
    "RuleFigures",
    "ScoreBin",
    "VerdictShare",
    "area_under_roc",
    "curve",
    "day_verdicts",
    "delay_curve",
    "fraud_by_age",
    "fraud_report",
    "model_health",
    "observed_over_expected",
    "rule_figures",
    "wilson",
]
