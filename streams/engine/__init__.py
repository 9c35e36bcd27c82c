"""The decision engine: a deterministic function of a log, and the loop that feeds it in Kafka transactions.

`core` is the function, over one `segment` at a time; `process` is the loop; `follower` applies the journal
and keeps snapshots. The rooms, in the order in which a payment passes them: input, admission, decision,
output; recovery restores the state. May import `models`, `features`, `streams.kafka`, `streams.errors` and
`streams.files`.
"""

from streams.engine import repair
from streams.engine.core import Core
from streams.engine.follower import Follower
from streams.engine.process import Engine, EngineOptions
from streams.engine.result import BatchObserver, BatchResult
from streams.engine.segment import refused_payment

__all__ = [
    "BatchObserver",
    "BatchResult",
    "Core",
    "Engine",
    "EngineOptions",
    "Follower",
    "refused_payment",
    "repair",
]
