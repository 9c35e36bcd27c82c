"""From what a batch decided to the messages of its transaction, and the transaction.

Invariants: a duplicate's decision is the original's but for `duplicate` and `redacted`; a payment that is
refused is answered as well; everything of a batch becomes visible together or not at all. May import
`models`, `streams.kafka` and the engine's other rooms (not recovery).
"""

from streams.engine.output.decisions import DecisionWriter, rule_texts
from streams.engine.output.messages import TransactionMessages
from streams.engine.output.refusals import RefusalWriter, advice_on
from streams.engine.output.transactions import EngineOutput

__all__ = [
    "DecisionWriter",
    "EngineOutput",
    "RefusalWriter",
    "TransactionMessages",
    "advice_on",
    "rule_texts",
]
