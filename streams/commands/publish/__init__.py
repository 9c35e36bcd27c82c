"""`tollgate publish`: a change of rules, policy, models, lists or tables goes on the log."""

from streams.commands.publish.author import AUTHOR_HELP, SIGN_ONLY, login_name
from streams.commands.publish.change import Author, publish_change
from streams.commands.publish.models import Micro

__all__ = [
    "AUTHOR_HELP",
    "SIGN_ONLY",
    "Author",
    "Micro",
    "login_name",
    "publish_change",
]
