"""`tollgate publish`: a change of judgement goes on the log."""

from streams.commands.publish.change import Author, publish_change
from streams.commands.publish.models import Micro

__all__ = [
    "Author",
    "Micro",
    "publish_change",
]
