"""From Kafka's records to a batch of decoded messages, in the one order in which they are applied.

Invariants: the order depends on append timestamps and topics only; every record is decoded or refused with a
reason. May import `models` and `streams.kafka`, and nothing else of the engine.
"""

from streams.engine.input.batch import InputBatch, checksum
from streams.engine.input.inputs import BATCH_MAX, InputReader
from streams.engine.input.poison import PoisonGuard
from streams.engine.input.reading import InputMessage, RefusedRecord, read, read_as, suspects

__all__ = [
    "BATCH_MAX",
    "InputBatch",
    "InputMessage",
    "InputReader",
    "PoisonGuard",
    "RefusedRecord",
    "checksum",
    "read",
    "read_as",
    "suspects",
]
