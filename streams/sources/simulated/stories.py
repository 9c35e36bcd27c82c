"""Stories of fraud sent to an engine: first the payments, later what their owners report."""

from collections.abc import Sequence
from typing import Final

from models.messages import Label, LabelValue, encode, tokens_of
from simulation.stories import Story, StoryPayment, story_payments
from streams.kafka import Sender, Topics

ALL: Final = tuple(Story)


def told_stories(stories: Sequence[Story], seed: int, end_ms: int) -> list[StoryPayment]:
    """The payments of these stories in order of time, the last at `end_ms`."""
    payments = [payment for story in stories for payment in story_payments(story, seed, end_ms)]
    return sorted(payments, key=lambda each: each.payment.occurred_at)


def send_stories(bootstrap: str, engine: str, payments: Sequence[StoryPayment]) -> None:
    """Send them, and wait until Kafka has them all. Raises `DeliveryFailed` where it did not take all."""
    topic = Topics(engine)["payments"]
    with Sender(bootstrap, engine) as sender:
        for payment, _, _ in payments:
            sender.send(topic, "payment", payment.payment_id, encode(payment))
        sender.finish()


def send_reports(bootstrap: str, engine: str, payments: Sequence[StoryPayment], known_ms: int) -> int:
    """Send what owners report as fraud notices known at `known_ms`; how many. The payments have to be
    decided before.
    """
    topic = Topics(engine)["labels"]
    reported = [each.payment for each in payments if each.is_reported]
    with Sender(bootstrap, engine) as sender:
        for payment in reported:
            label = Label(
                payment.merchant_account, payment.payment_id, LabelValue.FRAUD, known_ms, payment.occurred_at,
                payment.amount, payment.currency, tokens_of(payment), payment.attempt, "fraud_notice",
            )  # fmt: skip
            sender.send(topic, "label", payment.payment_id, encode(label))
        sender.finish()
    return len(reported)
