"""What a change of rules, policy or model would have done: recorded payments judged again, as columns."""

from streams.backtest.recorded_payments import from_data_set, from_engine, from_folder
from streams.backtest.run import BacktestPlan, run

__all__ = [
    "BacktestPlan",
    "from_data_set",
    "from_engine",
    "from_folder",
    "run",
]
