"""What a backtest adds up: exact counts and amounts, figures, tables and a picture.

Invariant: sums are integers, so neither the order nor the size of blocks changes a figure. A figure that
cannot be computed is None, not 0. Imports models, `streams.backtest.cases` and `strategy`.
"""

from streams.backtest.figures import report
from streams.backtest.figures.figures import day_lines, moves, released, rule_lines, verdict_lines
from streams.backtest.figures.known_cases import COLUMNS, known_cases
from streams.backtest.figures.picture import draw
from streams.backtest.figures.tally import BacktestTally, StrategyTally

__all__ = [
    "COLUMNS",
    "BacktestTally",
    "StrategyTally",
    "day_lines",
    "draw",
    "known_cases",
    "moves",
    "released",
    "report",
    "rule_lines",
    "verdict_lines",
]
