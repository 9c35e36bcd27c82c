"""A strategy: rules, model and policy together, run over recorded payments as the engine would run them.

Imports models, `streams.engine`, `streams.backtest.cases`.
"""

from streams.backtest.strategy.strategy import Strategy, StrategyResult, strategy_of

__all__ = [
    "Strategy",
    "StrategyResult",
    "strategy_of",
]
