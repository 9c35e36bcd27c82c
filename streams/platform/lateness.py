"""How late payments reach each engine, from the newest entries of its journal."""

from typing import NamedTuple

import msgspec
from confluent_kafka import KafkaException

from models.messages import JournalEntry
from streams.errors import TollgateError
from streams.kafka import Topics, backwards

LOOKED_BACK = 128
"""Offsets of the journal: an entry and a marker each."""


class Lateness(NamedTuple):
    """Of the newest payments of an engine, how many arrived more than a day after they were made."""

    payments: int
    late: int

    @property
    def is_far_behind(self) -> bool:
        """Most of them did."""
        return 2 * self.late > self.payments


def lateness(bootstrap: str, engine: str) -> Lateness:
    """Counted over some dozens of batches; zeros where the journal cannot be read."""
    try:
        newest = list(backwards(bootstrap, Topics(engine)["journal"], LOOKED_BACK))
        entries = [msgspec.json.decode(record.value() or b"", type=JournalEntry) for record in newest]
    except (KafkaException, TollgateError, msgspec.MsgspecError):
        return Lateness(0, 0)
    return Lateness(sum(entry.payments for entry in entries), sum(entry.late or 0 for entry in entries))
