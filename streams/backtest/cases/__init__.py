"""Recorded payments: from an engine's log or a data set, as columns in Parquet.

A case is one payment with what was decided, what was reported of it, and when that was known.

Invariants
- Cases and vectors have the same `sequence`; a block holds payments that have both.
- Of a payment's labels all that stood for a while are kept, so that any day can be asked for.

Imports models, features, `streams.engine`, `streams.kafka`, `streams.sources.files` and `vectors`, storage.
"""

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
