"""Rows of reports and meters, read from an engine's log or the warehouse; and what was in effect then.

Invariant: what is read is turned into the columns of `models.decided_payments`; nothing is computed here.
Imports `streams` and below.
"""

from dashboards.report_rows.judges import ReportJudges, report_judges
from dashboards.report_rows.log_rows import rows_from_log
from dashboards.report_rows.reporting import ReportSource, read_programmes, report_source
from dashboards.report_rows.rows import ActivityRead, ReportRowsRead

__all__ = [
    "ActivityRead",
    "ReportJudges",
    "ReportRowsRead",
    "ReportSource",
    "read_programmes",
    "report_judges",
    "report_source",
    "rows_from_log",
]
