"""Messages that the engine refused, and what people do about them: fix, reinsert or drop.

Invariants
- Nothing is lost: a letter is open until somebody says what becomes of it, and dropping is said too.
- Nothing is done twice: one row a message (primary key), and what is sent again is put into the outbox in the
  same transaction, which sends it once (`desk.bus`).
- What is sent again the engine can read: it is read here by the engine's own reader first.
- Each act is in the audit trail, by the same transaction.

Imports `desk.database`, `desk.bus`, `streams.engine.input`.
"""

from desk.dead_letters.letter import REPLAYED, DeadLetterRefused, RefusedMessage, Replay, shown_bytes
from desk.dead_letters.replays import LETTERS_MAX, DeadLetters

__all__ = [
    "LETTERS_MAX",
    "REPLAYED",
    "DeadLetterRefused",
    "DeadLetters",
    "RefusedMessage",
    "Replay",
    "shown_bytes",
]
