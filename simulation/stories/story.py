"""Stories as payments, and the truth of each from its id.

An id is `story<seed>-<kind>-<number>`: the number is the payment's place in the story.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
import numpy as np

from models.messages import Payment
from simulation.payments import PaymentColumns
from simulation.people import Shops
from simulation.stories.plots import STORY_MS, card_testing, compromised_terminal, mule_ring
from simulation.traffic import TrafficParameters
from simulation.world import Society, spelled_payments

_ID: Final = re.compile(r"story(\d{1,10})-([a-z_]+)-(\d{3})")
LABELLED_OF_TESTS: Final = 4
"""One in so many tried cards is reported: the amounts are small, and few owners look."""


class Story(StrEnum):
    """What can be found."""

    CARD_TESTING = "card_testing"
    COMPROMISED_TERMINAL = "compromised_terminal"
    MULE_RING = "mule_ring"


PLOTS: Final[dict[Story, Callable[[Society], PaymentColumns]]] = {
    Story.CARD_TESTING: card_testing,
    Story.COMPROMISED_TERMINAL: compromised_terminal,
    Story.MULE_RING: mule_ring,
}


class StoryPayment(NamedTuple):
    """One payment of a story."""

    payment: Payment
    is_fraud: bool
    is_reported: bool
    """Whether its owner complains, so that it becomes known as fraud."""


def story_payments(story: Story, seed: int, end_ms: int) -> list[StoryPayment]:
    """All its payments, in order of time, the last at `end_ms` (epoch ms).

    The merchants are those of the traffic of this seed.
    """
    made, shops = _plot(story, seed)
    ids = [f"story{seed}-{story.value}-{number:03d}" for number in range(len(made))]
    times = end_ms - STORY_MS + np.arange(1, len(made) + 1) * STORY_MS // len(made)
    since = np.maximum(times - (made.occurred_at - made.created_at), 0)
    reported = _reported(story, made)
    return [
        StoryPayment(_at(payment, at, created), fraud, told)
        for payment, at, created, fraud, told in zip(
            spelled_payments(made, shops, ids), times.tolist(), since.tolist(), made.fraud.tolist(), reported,
            strict=True,
        )
    ]  # fmt: skip


def is_fraud_of_story(payment_id: str) -> bool:
    """Whether this payment is fraud. Raises ValueError for an id of no story."""
    match = _ID.fullmatch(payment_id)
    if match is None or match[2] not in set(Story):
        raise ValueError(f"{payment_id!r} is not the id of a story's payment (story<seed>-<kind>-<number>)")
    made, _ = _plot(Story(match[2]), int(match[1]))
    if int(match[3]) >= len(made):
        raise ValueError(f"{payment_id!r}: this story has {len(made)} payments")
    return bool(made.fraud[int(match[3])])


@lru_cache(maxsize=6)
def _plot(story: Story, seed: int) -> tuple[PaymentColumns, Shops]:
    society = Society(TrafficParameters(seed).people, steady=True)
    return PLOTS[story](society), society.shops


def _reported(story: Story, made: PaymentColumns) -> list[bool]:
    every = LABELLED_OF_TESTS if story is Story.CARD_TESTING else 1
    told = made.fraud & (np.arange(len(made)) % every == 0)
    return [bool(each) for each in told]


def _at(payment: Payment, at_ms: int, created_ms: int) -> Payment:
    customer = payment.customer
    if customer is not None:
        customer = msgspec.structs.replace(customer, created_at=created_ms)
    return msgspec.structs.replace(payment, occurred_at=at_ms, customer=customer)
