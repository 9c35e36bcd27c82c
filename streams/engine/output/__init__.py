"""From a batch's result to the messages of its transaction."""

from streams.engine.output.answering import decisions
from streams.engine.output.outgoing import Outgoings
from streams.engine.output.output import Output
from streams.engine.output.wording import Said, rules_of, said

__all__ = [
    "Outgoings",
    "Output",
    "Said",
    "decisions",
    "rules_of",
    "said",
]
