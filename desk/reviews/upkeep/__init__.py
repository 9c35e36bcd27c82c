"""What is done for the review queue beside its pages: payments in, deadlines, the load, all as one worker.

Invariants
- A decision becomes a row in the transaction that notes its place on the log as read (`consumer`).
- A deadline is applied whether or not anybody looks (`deadlines`).
- One thing that fails does not keep the rest from being done (`worker`).

Imports `desk.reviews`, `desk.bus`, `desk.database` and what is below.
"""

from desk.reviews.upkeep.arrivals import Arrival, admit, withdraw
from desk.reviews.upkeep.consumer import DecidedRecord, DecisionLog, KafkaDecisions, ReviewConsumer
from desk.reviews.upkeep.deadlines import apply_defaults
from desk.reviews.upkeep.lateness import ReviewLateness, lateness
from desk.reviews.upkeep.load import EngineLoad, LoadReport, due_report, note_told
from desk.reviews.upkeep.worker import ReviewWorker

__all__ = [
    "Arrival",
    "DecidedRecord",
    "DecisionLog",
    "EngineLoad",
    "KafkaDecisions",
    "LoadReport",
    "ReviewConsumer",
    "ReviewLateness",
    "ReviewWorker",
    "admit",
    "apply_defaults",
    "due_report",
    "lateness",
    "note_told",
    "withdraw",
]
