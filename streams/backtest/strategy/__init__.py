"""Rules, model and policy over recorded payments."""

from streams.backtest.strategy.documents import document
from streams.backtest.strategy.strategy import Strategy, StrategyResult, strategy_of

__all__ = [
    "Strategy",
    "StrategyResult",
    "document",
    "strategy_of",
]
