"""From Kafka's records to a batch of decoded messages, in the one order in which they are applied.

Invariants: the order depends on append timestamps and topics only; every record is decoded or refused with a
reason; a topic carries its own type. May import `models` and `streams.kafka`, and nothing else of the engine.
"""

from streams.engine.input.batch import InputBatch, LostRange, checksum
from streams.engine.input.inputs import BATCH_MAX, InputReader
from streams.engine.input.lateness import LatenessWatch
from streams.engine.input.naming import PaymentName
from streams.engine.input.pass_over import PassOver, PassOverOrders, write_order
from streams.engine.input.poison import PoisonGuard
from streams.engine.input.reading import (
    CRASHED,
    InputMessage,
    Reading,
    RefusedRecord,
    read,
    read_as,
    read_batch,
    read_redacted,
    requested_payment,
    suspects,
)
from streams.engine.input.redaction import redacted

__all__ = [
    "BATCH_MAX",
    "CRASHED",
    "InputBatch",
    "InputMessage",
    "InputReader",
    "LatenessWatch",
    "LostRange",
    "PassOver",
    "PassOverOrders",
    "PaymentName",
    "PoisonGuard",
    "Reading",
    "RefusedRecord",
    "checksum",
    "read",
    "read_as",
    "read_batch",
    "read_redacted",
    "redacted",
    "requested_payment",
    "suspects",
    "write_order",
]
