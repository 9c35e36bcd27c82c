"""`tollgate publish`: a change of rules, policy, models, lists or tables goes on the log."""

from streams.commands.publish.change import Author, publish_change
from streams.commands.publish.models import Micro

__all__ = [
    "Author",
    "Micro",
    "publish_change",
]
