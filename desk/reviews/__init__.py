"""The review queue: payments held for a person, who takes which, and what they conclude.

A review means that the payment may be authorised, but not captured until a person has said yes. So each has a
deadline, well before its authorisation expires, and a default that is applied when nobody has spoken by then.

Invariants
- **None is lost.** A decision with verdict review becomes one row, in the transaction that notes its place on
  the log as read. A row is left in one of three ways: it is judged, its deadline passes (the default is
  applied, and told), or a later decision of the same attempt withdraws it.
- **None is taken by two.** A payment is claimed by one person at a time, and a person holds one claim. It is
  claimed under a row lock that others skip; a verdict counts only from whoever holds the claim. A claim that
  was idle for too long may be taken by the next person, and is the holder's until somebody does.
- **None is judged twice.** A verdict is given under the row's lock, to a row that is open. A person gives one
  verdict on a payment. What goes to the bus names the payment as its subject, and the outbox has one message
  of a subject.
- **Four eyes.** A payment above an amount is judged once two people have concluded the same; the second one
  may review large payments. Where they disagree it goes to the escalation queue, where a third person's
  conclusion is the second of its kind. How many people it takes is set when the payment arrives.
- **No silent approval.** A payment that is known as fraud already is approved with a reason only, and the
  audit trail tells it apart.
- **Undo is whole.** What a person did at once is taken back at once, within a minute, and by them alone.
  Nobody can claim what it changed, and nothing of it is sent, before that minute is over.
- **Order.** The highest expected loss first, where an hour of waiting counts as so many cents: two payments
  never change places. A run freezes the order at its start; what arrives later waits for the next run.
  Whoever opens a payment of the list without being in a run begins one with it.
- **Scope.** Every query is bounded to the person's merchant accounts, also where an id is given.
- **Told.** Who saw, claimed, concluded, noted, escalated or took back what is in the audit trail, in the same
  transaction.

Time is an argument everywhere. Imports `desk.bus`, `desk.database`, `desk.audit` and what is below. Payments
come in, and deadlines are applied, in the room `upkeep`.
"""

from desk.reviews.claims import join_run, look, next_in_run, open_review, release, run_of, see, start_run
from desk.reviews.desk import DEADLINE, ReviewDesk
from desk.reviews.errors import NotAllowed, NotFound, NotYours, ReviewRefused, TooLate
from desk.reviews.known_labels import Frauds, KnownFraud
from desk.reviews.listing import counts, lapsed, linked, run_items, several, waiting
from desk.reviews.notes import add_note, notes
from desk.reviews.review import (
    Conclusion,
    Counts,
    Note,
    OpenedReview,
    QueueName,
    Review,
    ReviewState,
    Run,
    Viewer,
    at_ms,
    ms_of,
)
from desk.reviews.rules import ReviewRules, rules_of
from desk.reviews.undo import Undoable, Undone, undo, undoable, undone
from desk.reviews.verdicts import GivenVerdict, ListEntry, escalate, give

__all__ = [
    "DEADLINE",
    "Conclusion",
    "Counts",
    "Frauds",
    "GivenVerdict",
    "KnownFraud",
    "ListEntry",
    "NotAllowed",
    "NotFound",
    "NotYours",
    "Note",
    "OpenedReview",
    "QueueName",
    "Review",
    "ReviewDesk",
    "ReviewRefused",
    "ReviewRules",
    "ReviewState",
    "Run",
    "TooLate",
    "Undoable",
    "Undone",
    "Viewer",
    "add_note",
    "at_ms",
    "counts",
    "escalate",
    "give",
    "join_run",
    "lapsed",
    "linked",
    "look",
    "ms_of",
    "next_in_run",
    "notes",
    "open_review",
    "release",
    "rules_of",
    "run_items",
    "run_of",
    "see",
    "several",
    "start_run",
    "undo",
    "undoable",
    "undone",
    "waiting",
]
