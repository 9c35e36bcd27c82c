"""Stories: what is to be found in each, and that ids tell the truth."""

import pytest

from models.messages import Channel
from simulation.stories import STORY_MS, Story, StoryPayment, is_fraud_of_story, story_payments

END_MS = 1_796_000_000_000
SEEDS = (0, 1, 7, 12_345, 1_796_000_000, 2**31 - 1)


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.mark.parametrize("story", Story)
def test_a_story_is_the_same_again_and_its_ids_tell_the_truth(story: Story, seed: int) -> None:
    told = story_payments(story, seed, END_MS)
    assert told == story_payments(story, seed, END_MS)
    assert len({each.payment.payment_id for each in told}) == len(told)
    assert [is_fraud_of_story(each.payment.payment_id) for each in told] == [e.is_fraud for e in told]
    assert all(each.is_fraud for each in told if each.is_reported)
    assert any(each.is_reported for each in told)


@pytest.mark.parametrize("story", Story)
def test_a_story_takes_ten_minutes_in_order_and_nobody_is_known_since_later(story: Story, seed: int) -> None:
    payments = [each.payment for each in story_payments(story, seed, END_MS)]
    times = [payment.occurred_at for payment in payments]
    assert times == sorted(times)
    assert times[-1] == END_MS
    assert times[0] > END_MS - STORY_MS
    for payment in payments:
        if payment.customer is not None and payment.customer.created_at is not None:
            assert payment.customer.created_at <= payment.occurred_at


def test_card_testing_is_one_device_and_many_cards_at_one_shop(seed: int) -> None:
    told = story_payments(Story.CARD_TESTING, seed, END_MS)
    assert len(told) >= 10
    assert len({each.payment.merchant.id for each in told}) == 1
    assert len({each.payment.method.token for each in told}) == len(told)
    assert len({each.payment.device_id for each in told}) <= len(told) / 5
    assert all(each.is_fraud for each in told)


def test_cards_of_a_compromised_terminal_pay_there_before_they_are_used_elsewhere(seed: int) -> None:
    told = story_payments(Story.COMPROMISED_TERMINAL, seed, END_MS)
    half = len(told) // 2
    visits, used = told[:half], told[half:]
    assert half >= 10
    assert len({each.payment.merchant.id for each in visits}) == 1
    assert all(each.payment.channel is Channel.POS and not each.is_fraud for each in visits)
    assert all(each.payment.channel is not Channel.POS and each.is_fraud for each in used)
    assert _cards(visits) == _cards(used)
    assert len({each.payment.merchant.id for each in used}) >= 5


def test_a_mule_ring_shares_devices_over_accounts_that_first_pay_for_themselves(seed: int) -> None:
    told = story_payments(Story.MULE_RING, seed, END_MS)
    accounts = {each.payment.customer.id for each in told if each.payment.customer is not None}
    assert len(accounts) == 5
    assert len({each.payment.device_id for each in told}) == 2
    assert not told[0].is_fraud
    assert sum(each.is_fraud for each in told) == 20
    assert len(_cards([each for each in told if each.is_fraud])) == 20


def _cards(told: list[StoryPayment]) -> set[str]:
    return {each.payment.method.token for each in told}


@pytest.mark.parametrize(
    "other", ["sim1w0d0c0m0-abcdefghijkl", "story1-nothing-001", "story1-mule_ring-999", "story1-mule_ring-1"]
)
def test_an_id_of_no_story_is_refused(other: str) -> None:
    with pytest.raises(ValueError, match="story"):
        is_fraud_of_story(other)
