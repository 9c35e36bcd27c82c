"""A world's payments are pure functions of (parameters, index), and an id tells the truth."""

import hashlib
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest

from models.card_numbers.detection import find
from models.messages.codec import decode_input, encode
from models.messages.decision import Verdict
from models.messages.payment import Channel, MethodKind
from models.money.currencies import check_amount
from models.units import DAY_MS
from simulation.chance.permutation import Permutation, spell
from simulation.payments.columns import Scenario
from simulation.world.world import World, truth_of
from tests.simulation.worlds import DAYS, START, month, potential_outcomes, world

DAY = world().day(40)
IDS = [payment.payment_id for payment in DAY]


def test_the_same_payments_come_whatever_is_asked_for_together() -> None:
    of = world()
    assert [payment for block in of.blocks(40, size=37) for payment in block] == DAY
    some = np.random.default_rng(1).permutation(len(DAY))[:60]
    again = of.spelled(of.paid(of.indexes([IDS[row] for row in some])))
    assert again == [DAY[row] for row in some]
    assert of.spelled(of.paid(of.indexes([IDS[3]]))) == [DAY[3]]


def test_the_days_of_a_world_do_not_depend_on_how_many_there_are() -> None:
    assert World(7, START, per_day=400, days=41).day(40) == DAY


def test_another_process_makes_the_same_payments() -> None:
    program = (
        "import hashlib; from models.messages.codec import encode; from simulation.world import World; "
        f"day = World(7, {START}, per_day=400, days=41).day(40); "
        "print(hashlib.sha256(b''.join(map(encode, day))).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(b"".join(map(encode, DAY))).hexdigest()


def test_a_world_can_be_recognised_from_bytes_committed_here() -> None:
    digest = hashlib.sha256(b"".join(map(encode, DAY))).hexdigest()
    assert digest == "b8d17cd231162f37f05bc6c332945f9deef973e42cb32767992670413b79fc5a"


def test_another_seed_makes_another_world() -> None:
    other = World(8, START, per_day=400, days=41).day(40)
    assert {p.method.token for p in other}.isdisjoint(p.method.token for p in DAY)


def test_a_day_is_in_order_of_time_and_within_the_day() -> None:
    times = [payment.occurred_at for payment in DAY]
    assert times == sorted(times)
    assert times[0] >= START + 40 * DAY_MS
    assert times[-1] < START + 41 * DAY_MS
    assert len(set(IDS)) == len(IDS)


def test_payments_are_valid_messages_without_card_numbers_and_within_the_limits() -> None:
    for payment in DAY:
        raw = encode(payment)
        assert decode_input(raw) == payment
        assert not find(raw)
        assert check_amount(payment.amount, payment.currency) is None
        assert payment.customer is None or (payment.customer.created_at or 0) <= payment.occurred_at


def test_the_truth_comes_from_the_id_alone() -> None:
    truths = world().truths(IDS)
    paid = world().columns(40)
    assert [truth.fraud for truth in truths] == paid.fraud.tolist()
    for row in (0, *np.flatnonzero(paid.fraud).tolist()):
        assert truth_of(IDS[row]) == truths[row] == world().truth(IDS[row])


@pytest.mark.parametrize("payment_id", ["", "pay_1", "sim7d0m0-tpkspqtpnsgc", "wld7s1n1f1-aaaaaaaaaaaa"])
def test_ids_of_others_are_refused(payment_id: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        truth_of(payment_id)


def test_an_id_of_another_world_is_refused() -> None:
    with pytest.raises(ValueError, match="another world"):
        World(8, START, per_day=400).truth(IDS[0])


@pytest.mark.parametrize(
    "index", [40 << 34 | 9_999 << 6, 40 << 34 | 3 << 6 | 60, 1 << 47 | 9 << 43, 1 << 47 | 3 << 43 | 999 << 16]
)
def test_an_index_of_no_session_step_scenario_or_campaign_is_refused(index: int) -> None:
    word = spell(Permutation(7).apply(np.array([index], np.uint64)))[0]
    with pytest.raises(ValueError, match="no payment"):
        truth_of(IDS[0][:-12] + word)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start_ms": START + 1}, "midnight"),
        ({"seed": -1}, "seed -1"),
        ({"per_day": 0}, "0 payments a day"),
        ({"days": 0}, "0 days"),
        ({"fraud": 0.9}, "share of fraud"),
    ],
)
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        World(**{"seed": 1, "start_ms": START, **wrong})


def test_a_day_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="day 250 is not within"):
        world().day(DAYS)


def test_a_world_is_as_busy_as_asked_and_grows_with_its_seasons() -> None:
    assert len(month(60)) / 30 == pytest.approx(400 * 1.06, rel=0.06)
    volume = World(7, START, per_day=400, days=400).society.calendar.volume
    assert 1.2 < volume[365:395].sum() / volume[:30].sum() < 1.4, "growth of a year"
    friday, sunday = volume[[331, 10]]
    assert friday / sunday > 1.8, "Black Friday's week is a spike"


def test_fraud_is_about_one_in_a_hundred_and_of_every_kind() -> None:
    assert 0.005 < month(60).fraud.mean() < 0.015
    found = set(potential_outcomes(60, 0.1, 12, 1200).scenario.tolist())
    assert found == {int(scenario) for scenario in Scenario}


def test_countries_currencies_methods_and_channels_are_mixed() -> None:
    assert {p.currency for p in DAY} == {"EUR", "USD", "GBP", "JPY", "TND"}
    assert {p.method.kind for p in DAY} >= {MethodKind.CARD, MethodKind.WALLET, MethodKind.BANK_DEBIT}
    channels = Counter(p.channel for p in DAY)
    assert set(channels) == set(Channel)
    assert all(p.device_id is None and p.customer is None for p in DAY if p.channel is Channel.POS)


def test_honest_life_holds_what_looks_like_fraud() -> None:
    paid = month(60)
    honest = paid.taken(np.flatnonzero((paid.scenario == 0) & (paid.device > 0)))
    pairs = set(zip(honest.card.tolist(), honest.device.tolist(), strict=True))
    cards_of_devices = Counter(device for _, device in pairs)
    assert np.mean(np.array(list(cards_of_devices.values())) > 1) > 0.01, "shared devices"
    young = (honest.occurred_at - honest.created_at < DAY_MS) & (honest.customer > 0)
    assert 0.05 < young.mean() < 0.3, "new accounts"
    assert (honest.cents > 30_000).sum() > 10, "big tickets"


def test_a_challenge_has_an_end_for_every_payment() -> None:
    found = Counter(len(dues) for dues in world().aftermaths(DAY, [Verdict.CHALLENGE] * len(DAY)))
    assert 0.03 < found[0] / len(DAY) < 0.12, "those who abandon leave no message"
