"""The decision engine: a deterministic function of a log, and the loop that feeds it inside Kafka
transactions.
"""

from streams.engine.follower import Follower
from streams.engine.process import Engine, EngineOptions
from streams.engine.result import Result
from streams.engine.segment import events_of, refusal

__all__ = [
    "Engine",
    "EngineOptions",
    "Follower",
    "Result",
    "events_of",
    "refusal",
]
