"""Rules, model and policy over recorded payments."""

from streams.backtest.judge.documents import document
from streams.backtest.judge.judges import Judged, Judges, judges_of

__all__ = [
    "Judged",
    "Judges",
    "document",
    "judges_of",
]
