"""From records to a batch of decoded messages, in the one order in which they are applied."""

from streams.engine.input import columns
from streams.engine.input.batch import Batch, checksum
from streams.engine.input.columns import PHASES
from streams.engine.input.inputs import BATCH_MAX, Inputs
from streams.engine.input.poison import PoisonGuard
from streams.engine.input.reading import Message, Refused, read, read_as, suspects

__all__ = [
    "BATCH_MAX",
    "PHASES",
    "Batch",
    "Inputs",
    "Message",
    "PoisonGuard",
    "Refused",
    "checksum",
    "columns",
    "read",
    "read_as",
    "suspects",
]
