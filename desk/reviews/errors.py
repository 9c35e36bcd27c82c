"""Why something cannot be done with a review.

ReviewRefused     shown to the person as it is; nothing was changed
├── NotFound      there is no such review, or none of the person's merchant accounts
├── NotAllowed    the person may not do this to it
├── NotYours      somebody else has it, or it has changed since the person looked
└── TooLate       it is closed, or can no longer be taken back
"""


class ReviewRefused(Exception):  # noqa: N818 - named by what happened, as all errors here
    """Base of all: the message says why, and what to do."""


class NotFound(ReviewRefused):
    """No such review in the person's scope."""


class NotAllowed(ReviewRefused):
    """Their role does not reach so far, or they have concluded already."""


class NotYours(ReviewRefused):
    """Somebody else's claim, or a conclusion that came in between."""


class TooLate(ReviewRefused):
    """Closed, or the minute for undo is over."""
