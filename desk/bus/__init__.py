"""Between PostgreSQL and Kafka, exactly once in both directions.

Invariants
- What a consumer writes and how far it has read are one transaction: a record is taken in once, whatever is
  killed between (`inbox`).
- What is to be sent is written in the transaction of what it follows from (`outbox`): a verdict that holds is
  sent, one that was rolled back is not. A subject has one message that was not taken back: the database
  refuses a second one.
- A message is taken back only while it waits. The sender first marks what it takes, and commits that, so
  "taken back" and "sent" exclude each other whatever any clock says.
- At most one sender of an engine writes: its producer fences every older one. What a sender that died had
  marked is looked for on the topic, from where the topic ended when it was marked: what is there is noted as
  sent, the rest is sent now (`sender`).

Imports `desk.database`, `streams.kafka` and `streams.errors`; knows nothing of reviews.
"""

from desk.bus.inbox import next_offset, note_offset, park
from desk.bus.outbox import OutboxMessage, TakenAlready, put, take_back
from desk.bus.sender import DirectWriter, OutboxSender

__all__ = [
    "DirectWriter",
    "OutboxMessage",
    "OutboxSender",
    "TakenAlready",
    "next_offset",
    "note_offset",
    "park",
    "put",
    "take_back",
]
