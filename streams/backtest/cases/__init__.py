"""Recorded payments: from an engine's log or a data set, as columns in Parquet."""

from streams.backtest.cases import from_file, from_log
from streams.backtest.cases.archive import ALWAYS, CaseArchive
from streams.backtest.cases.block import METADATA_PREFIX, CaseBlock
from streams.backtest.cases.case_columns import COMPUTED
from streams.backtest.cases.case_file import FORMAT, NO_VERDICT
from streams.backtest.cases.label_history import LABEL_CODES, LabelHistory
from streams.backtest.cases.list_history import ListHistory

__all__ = [
    "ALWAYS",
    "COMPUTED",
    "FORMAT",
    "LABEL_CODES",
    "METADATA_PREFIX",
    "NO_VERDICT",
    "CaseArchive",
    "CaseBlock",
    "LabelHistory",
    "ListHistory",
    "from_file",
    "from_log",
]
