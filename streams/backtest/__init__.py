"""What a change of rules, policy or model would have done: recorded payments decided again, as columns.

Rooms: `cases` holds recorded payments, `strategy` decides them, `figures` adds up and reports.

Invariants
- A backtest reads blocks of rows; in memory are one block, the model and the sums.
- What was not known on the day of `--as-of` counts as unknown.
- What vectors cannot show is listed with the result (`run.limitations`).

Imports models, features, the engine's columns and reference amounts, `streams.kafka`, `streams.sources.files`
and `vectors`, storage; never commands.
"""

from streams.backtest.recorded_payments import from_data_set, from_engine, from_folder
from streams.backtest.run import BacktestPlan, run

__all__ = [
    "BacktestPlan",
    "from_data_set",
    "from_engine",
    "from_folder",
    "run",
]
