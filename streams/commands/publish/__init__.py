"""`tollgate publish`: a change of judgement goes on the log."""

from streams.commands.publish.models import Micro

__all__ = [
    "Micro",
]
