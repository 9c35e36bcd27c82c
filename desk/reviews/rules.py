"""By which rules the queue works."""

from dataclasses import dataclass
from datetime import timedelta

from desk.reviews.review import Conclusion
from streams.errors import Misconfigured
from streams.settings import Settings


@dataclass(frozen=True)
class ReviewRules:
    """The settings of a queue.

    idle                 a claim without activity is free for others after this
    sla                  a verdict is owed this long after the decision
    authorisation        how long an authorisation holds: seven days is the shortest that the large schemes
                         give a final authorisation of a cardholder's own payment
    margin               the default is applied so long before the authorisation expires
    default              what is applied then
    large_amount         EUR cents from which on two people must agree
    undo                 how long a person may take back what they did
    age_cents_per_hour   what an hour of waiting counts for beside the expected loss, EUR cents
    run_length           payments in a run, at most
    linked_max           payments that one verdict may be given to at once
    reviews_per_hour     what one person finishes in an hour, for the queue's load
    present              a person who did something within this time counts as being there
    """

    idle: timedelta = timedelta(minutes=10)
    sla: timedelta = timedelta(hours=4)
    authorisation: timedelta = timedelta(days=7)
    margin: timedelta = timedelta(hours=24)
    default: Conclusion = Conclusion.DECLINE
    large_amount: int = 100_000
    undo: timedelta = timedelta(minutes=1)
    age_cents_per_hour: int = 500
    run_length: int = 200
    linked_max: int = 50
    reviews_per_hour: int = 20
    present: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        if self.margin >= self.authorisation:
            raise Misconfigured(
                "a review's margin must be shorter than its authorisation: there would be no time for people"
            )


def rules_of(settings: Settings | None) -> ReviewRules:
    """The rules by these settings; without any, as they come."""
    if settings is None:
        return ReviewRules()
    return ReviewRules(
        idle=timedelta(minutes=settings.review_idle_minutes),
        sla=timedelta(hours=settings.review_hours),
        authorisation=timedelta(days=settings.review_authorisation_days),
        margin=timedelta(hours=settings.review_margin_hours),
        default=Conclusion(settings.review_default),
        large_amount=settings.review_large_eur * 100,
        reviews_per_hour=settings.review_per_hour,
    )
