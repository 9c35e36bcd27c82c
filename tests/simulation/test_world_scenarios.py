"""Each scenario of fraud has what defines it, and fraud changes over the months."""

from collections import Counter

import numpy as np
import pytest

from models.arrays import Bools
from models.units import DAY_MS
from simulation.payments.columns import PaymentColumns, Scenario
from simulation.payments.indexes import SessionSteps
from simulation.scenarios.merchant_compromise import BREACH_DAYS, MerchantCompromise
from tests.simulation.worlds import START, month, world

BUSY = {"fraud": 0.1, "days": 12, "per_day": 1200}


def campaigns(scenario: Scenario, first: int = 60) -> list[PaymentColumns]:
    """The campaigns of a scenario, each as its payments of these days."""
    paid = month(first, **BUSY)
    rows = paid.scenario == scenario
    return [paid.taken(np.flatnonzero(rows & (paid.group == group))) for group in np.unique(paid.group[rows])]


def many(of: np.ndarray) -> int:
    return len(np.unique(of))


def test_card_testing_tries_many_cards_at_one_shop_with_small_amounts() -> None:
    found = [one for one in campaigns(Scenario.CARD_TESTING) if len(one) > 5]
    assert len(found) > 10
    for one in found:
        assert many(one.shop) == 1
        assert many(one.card) > 0.8 * len(one)
        assert one.cents.max() <= 5_000


def test_a_bin_attack_makes_up_cards_of_one_bin() -> None:
    found = campaigns(Scenario.BIN_ATTACK)
    assert len(found) > 3
    for one in found:
        assert many(one.bin) == many(one.shop) == 1
        assert many(one.card) == len(one)
    everyone = month(60, **BUSY)
    honest = set(everyone.card[everyone.scenario == Scenario.ORDINARY].tolist())
    assert honest.isdisjoint(np.concatenate([one.card for one in found]).tolist())


def test_a_stolen_card_is_used_in_a_burst_from_one_unknown_device() -> None:
    found = [one for one in campaigns(Scenario.STOLEN_CARD) if len(one) > 2]
    assert len(found) > 10
    for one in found:
        assert many(one.card) == many(one.device) == 1
        assert one.occurred_at[-1] - one.occurred_at[0] < 3 * DAY_MS
    assert sum(many(one.shop) > 1 for one in found) > len(found) / 2


def test_an_account_taken_over_keeps_customer_email_and_card_but_mostly_not_the_device() -> None:
    of = world(per_day=1200, fraud=0.1)
    found = campaigns(Scenario.ACCOUNT_TAKEOVER)
    inside = 0
    for one in found:
        assert (one.customer == of.society.life.people.customer(one.person)).all()
        assert (one.email == of.society.life.people.email(one.person)).all()
        day = (one.occurred_at - START) // DAY_MS
        yes: Bools = np.ones(len(one), np.bool_)
        own = [of.society.life.people.device(one.person, side, day) for side in (yes, ~yes)]
        inside += bool(((one.device == own[0]) | (one.device == own[1])).all())
    assert 0.03 < inside / len(found) < 0.4


def test_cards_of_a_breach_paid_at_the_shop_before_and_are_used_elsewhere_weeks_later() -> None:
    of = world(per_day=1200, fraud=0.1)
    script = of.society.scenarios[Scenario.MERCHANT_COMPROMISE]
    assert isinstance(script, MerchantCompromise)
    one = campaigns(Scenario.MERCHANT_COMPROMISE)[-1]
    shut, number = int(one.group[0] >> np.uint64(14)) & 0x1FFF, int(one.group[0]) & 0x3FFF
    shop = script.shop(shut, number)
    leaked = set()
    for day in range(max(shut - BREACH_DAYS, 0), shut):
        paid = of.society.life.day(day)
        leaked |= set(paid.person[paid.shop == shop].tolist())
    assert set(one.person.tolist()) <= leaked
    assert (one.occurred_at >= START + (shut + 14) * DAY_MS).all()
    assert (one.shop != shop).mean() > 0.8


def test_mules_share_devices_and_addresses_and_turn_after_weeks() -> None:
    paid = month(60, **BUSY)
    rings = paid.scenario == Scenario.MULE_RING
    ring = Counter(paid.group[rings].tolist()).most_common(1)[0][0]
    one = paid.taken(np.flatnonzero(rings & (paid.group == ring)))
    assert many(one.device) <= 2 < many(one.customer)
    assert set(one.fraud.tolist()) == {True, False} or one.fraud.all()
    both = paid.taken(np.flatnonzero(rings))
    share = both.fraud.mean()
    assert 0.3 < share < 0.8, "honest payments first"


def test_amounts_of_fraud_overlap_with_honest_ones() -> None:
    paid = month(60, **BUSY)
    honest, fraud = (np.median(np.log(paid.cents[rows])) for rows in (paid.scenario == 0, paid.fraud))
    assert abs(honest - fraud) < 1.0


@pytest.mark.parametrize(
    ("scenario", "grows"), [(Scenario.CARD_TESTING, False), (Scenario.ACCOUNT_TAKEOVER, True)]
)
def test_the_mix_of_fraud_drifts(scenario: Scenario, grows: bool) -> None:
    shares = []
    for first in (0, 225):
        paid = month(first, **BUSY)
        shares.append(float((paid.scenario[paid.fraud] == scenario).mean()))
    assert (shares[1] > 1.4 * shares[0]) is grows
    assert (shares[0] > 1.4 * shares[1]) is not grows


def test_covers_and_amounts_of_fraud_drift() -> None:
    guests, usual = [], []
    for first in (0, 225):
        paid = month(first, **BUSY)
        burst = paid.fraud & (paid.scenario == Scenario.STOLEN_CARD)
        honest = np.median(paid.cents[(paid.scenario == 0) & (paid.device > 0)])
        guests.append((paid.customer[burst] == 0).mean())
        usual.append(np.median(paid.cents[burst]) / honest)
    assert guests[1] < guests[0] - 0.2
    assert usual[1] < usual[0]


def test_fraudsters_go_to_other_shops_every_month() -> None:
    early, late = (
        Counter(paid.shop[paid.fraud].tolist()) for paid in (month(60, **BUSY), month(225, **BUSY))
    )
    assert len({shop for shop, _ in early.most_common(10)} & {shop for shop, _ in late.most_common(10)}) < 6


def test_sessions_and_campaigns_are_numbered_without_clashes() -> None:
    paid = month(60, **BUSY)
    assert many(paid.index) == len(paid)
    ordinary = paid.index[paid.scenario == 0]
    assert (SessionSteps.of(ordinary).index == ordinary).all()
