"""What a change of rules, policy or model would have done: recorded payments judged again, as columns."""

from streams.backtest.prepared import from_data_set, from_engine, from_folder
from streams.backtest.run import Plan, run

__all__ = [
    "Plan",
    "from_data_set",
    "from_engine",
    "from_folder",
    "run",
]
