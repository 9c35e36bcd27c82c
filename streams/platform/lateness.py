"""How late payments reach each engine, from the newest entries of its journal."""

from typing import NamedTuple

import msgspec
from confluent_kafka import KafkaException

from models.messages import JournalEntry
from streams.errors import TollgateError
from streams.kafka import Topics, backwards, readable

LOOKED_BACK = 128
"""Offsets of the journal: an entry and a marker each."""

_decode = msgspec.json.Decoder(JournalEntry).decode


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
        newest = backwards(bootstrap, Topics(engine)["journal"], LOOKED_BACK)
        entries = [entry for _, entry in readable(newest, _decode)]
    except (KafkaException, TollgateError):
        return Lateness(0, 0)
    return Lateness(sum(entry.payments for entry in entries), sum(entry.late or 0 for entry in entries))
