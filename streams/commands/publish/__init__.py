"""`tollgate publish`: a change of rules, policy, models, lists or tables goes on the log."""

from streams.commands.publish.author import AUTHOR, REASON, SIGN_ONLY
from streams.commands.publish.change import Author, publish_change
from streams.commands.publish.models import Micro

__all__ = [
    "AUTHOR",
    "REASON",
    "SIGN_ONLY",
    "Author",
    "Micro",
    "publish_change",
]
