"""Payments that are known as fraud already, by evidence from elsewhere, when a person concludes on them.

A chargeback or an issuer's report may come before anybody has looked. Whoever approves such a payment says
why, and the audit trail tells it apart from other approvals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from desk.database import DeskConnection
from desk.people import Person
from desk.reviews.desk import ReviewDesk
from desk.reviews.errors import NotAllowed
from desk.reviews.review import Conclusion, Review

AGAINST: Final = "review_against_label"
NOT_READ: Final = "review_label_not_read"
"""Actions of the audit trail, beside that of the verdict itself."""


@dataclass(frozen=True)
class KnownFraud:
    """The label `fraud` that stands on a payment.

    source    what it rests on, as labels name it: chargeback, fraud_notice, ...
    known_at  its newest evidence
    attempt   which attempt of the payment has it
    """

    source: str
    known_at: datetime
    attempt: int


FILLERS: Final = "\u115f\u1160\u3164\uffa0"
"""Letters of Unicode that nobody can see."""
Frauds = Mapping[int, KnownFraud]
"""By id of a review; payments that are not known as fraud are left out."""


def check_against(conclusion: Conclusion, review: Review, frauds: Frauds | None, reason: str) -> None:
    """Raises `NotAllowed` where a payment that is known as fraud would be approved without a word."""
    known = (frauds or {}).get(review.review_id)
    if known is not None and conclusion is Conclusion.APPROVE and not says_something(reason):
        raise NotAllowed(
            f"payment {review.payment_id} is known as fraud ({known.source.replace('_', ' ')}, "
            f"{known.known_at:%Y-%m-%d}): write as the reason why it is approved all the same; "
            "nothing was changed"
        )


def says_something(reason: str) -> bool:
    """Whether a reason has a letter or digit: blanks that cannot be seen are none.

    >>> says_something("cardholder called"), says_something("\u200b . "), says_something("")
    (True, False, False)
    """
    return any(each.isalnum() and each not in FILLERS for each in reason)


def note_against(
    desk: ReviewDesk,
    connection: DeskConnection,
    person: Person,
    conclusion: Conclusion,
    reviews: Sequence[Review],
    frauds: Frauds | None,
    reason: str,
) -> None:
    """Tells the audit trail which payments were approved against a label, and where labels could not be read
    (`frauds` is None).
    """
    if conclusion is not Conclusion.APPROVE:
        return
    for review in reviews:
        known = (frauds or {}).get(review.review_id)
        if frauds is None:
            desk.note(connection, person, NOT_READ, review)
        elif known is not None:
            told = {"label": "fraud", "source": known.source, "attempt": known.attempt, "reason": reason}
            desk.note(connection, person, AGAINST, review, **told)
