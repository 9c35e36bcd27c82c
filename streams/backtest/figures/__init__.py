"""What a backtest adds up: exact counts and amounts, figures, tables and a picture."""

from streams.backtest.figures import report
from streams.backtest.figures.figures import day_lines, moves, released, rule_lines, verdict_lines
from streams.backtest.figures.picture import draw
from streams.backtest.figures.tally import SetTally, Tally
from streams.backtest.figures.truth import COLUMNS, known_of

__all__ = [
    "COLUMNS",
    "SetTally",
    "Tally",
    "day_lines",
    "draw",
    "known_of",
    "moves",
    "released",
    "report",
    "rule_lines",
    "verdict_lines",
]
