"""Payments by position are valid, repeat themselves, and their ids tell what is true of them."""

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages.codec import decode_input, encode
from models.messages.dead_letter import DeadLetterReason
from models.messages.outcome import OutcomeKind
from models.messages.payment import Authentication, MethodKind, Payment, Phase
from models.money import currencies as money
from simulation.chance.permutation import Permutation, spell
from simulation.payments.columns import Scenario
from simulation.payments.parameters import SEED_MAX
from simulation.traffic.breakage import BREAKAGES
from simulation.traffic.delivery import deliveries_of, delivery_of
from simulation.traffic.parameters import DAYS, PER_DAY, TrafficParameters, parsed_id
from simulation.traffic.payments import BLOCK, SimulatedPayments
from streams.engine.input.reading import RefusedRecord, read, requested_payment

START = 1_767_225_600_000
PARAMETERS = TrafficParameters(7, duplicates=20, conflicts=5, malformed=10)
SIMULATED = SimulatedPayments(PARAMETERS, start_ms=START)
COUNT = 20_000
PAYMENTS = SIMULATED.payments(0, COUNT)
IDS = [payment.payment_id for payment in PAYMENTS]
DELIVERIES = deliveries_of(IDS)


def test_the_id_alone_tells_what_the_block_says() -> None:
    block = SIMULATED.block(1)
    found = DELIVERIES[BLOCK : 2 * BLOCK]
    assert [delivery.index for delivery in found] == block.columns.index.tolist()
    assert [delivery.scenario for delivery in found] == block.columns.scenario.tolist()
    assert [delivery.fraud for delivery in found] == block.columns.fraud.tolist()
    assert [delivery.duplicated for delivery in found] == block.deliveries.duplicated.tolist()
    broken = [BREAKAGES[number].name if number >= 0 else None for number in block.deliveries.breakage]
    assert [delivery.malformed for delivery in found] == broken
    assert delivery_of(IDS[BLOCK + 5]) == found[5]


@settings(max_examples=20)
@given(first=st.integers(0, COUNT - 100), count=st.integers(1, 100))
def test_a_payment_does_not_depend_on_what_is_asked_for_with_it(first: int, count: int) -> None:
    assert SIMULATED.payments(first, count) == PAYMENTS[first : first + count]


def test_a_block_can_be_made_without_those_before_it() -> None:
    assert SimulatedPayments(PARAMETERS, start_ms=START).payments(BLOCK, 50) == PAYMENTS[BLOCK : BLOCK + 50]


def test_rate_and_start_only_place_a_payment_in_time() -> None:
    slow = SimulatedPayments(PARAMETERS, start_ms=START + 5, rate=2.0).payments(0, 100)
    for position, (payment, same) in enumerate(zip(slow, PAYMENTS, strict=False)):
        assert payment.occurred_at == START + 5 + 500 * position
        assert (payment.payment_id, payment.amount, payment.method) == (
            same.payment_id, same.amount, same.method
        )  # fmt: skip


def test_another_seed_makes_other_payments() -> None:
    other = SimulatedPayments(TrafficParameters(8)).payments(0, 2_000)
    assert {p.method.token for p in other}.isdisjoint(p.method.token for p in PAYMENTS)


def test_a_run_can_be_recognised_from_bytes_committed_here() -> None:
    # Pins the simulator: a change that alters the payments of a seed breaks every recorded expectation.
    payment = SimulatedPayments(TrafficParameters(7), start_ms=START).payments(5, 1)[0]
    assert payment.payment_id == "sim7w0d0c0m0-llhblcfphkpn"
    assert (payment.amount, payment.currency, payment.occurred_at) == (2528, "USD", START + 5)
    assert payment.method.token == "bank_transfer_cldgdsccjmnr"


def test_payments_are_valid_and_within_the_limits_of_their_currency() -> None:
    for payment in PAYMENTS[:5_000]:
        assert decode_input(encode(payment)) == payment
        assert money.check_amount(payment.amount, payment.currency) is None
        if payment.customer:
            assert payment.customer.created_at is not None
            assert payment.customer.created_at <= payment.occurred_at


def test_nothing_looks_like_a_card_number() -> None:
    for payment in PAYMENTS[:5_000]:
        assert read(encode(payment), suspect=True) == payment
        tokens = payment.payment_id + payment.method.token + (payment.device_id or "")
        assert re.search(r"\d{8,}", tokens) is None


def _reason(value: bytes) -> DeadLetterReason | None:
    try:
        payment = read(value, suspect=True)
    except RefusedRecord as refused:
        return refused.reason
    assert isinstance(payment, Payment)
    refusal = money.check_amount(payment.amount, payment.currency)
    return refusal[0] if refusal else None


@pytest.mark.parametrize(("name", "reason", "broken", "answered"), BREAKAGES, ids=[b.name for b in BREAKAGES])
def test_each_breakage_is_refused_for_its_reason(
    name: str, reason: str, broken: Callable[[Payment], bytes], answered: bool
) -> None:
    assert _reason(broken(PAYMENTS[0])) == reason, name
    assert requested_payment(broken(PAYMENTS[0]), "live.payments")[1] == answered, name


def test_people_come_back_so_that_velocity_means_something() -> None:
    customers = Counter(payment.customer.id for payment in PAYMENTS if payment.customer)
    assert 3_000 < len(customers) < 15_000
    assert 2 < customers.most_common(1)[0][1] < 100
    dates: dict[str, set[int]] = {}
    for payment in PAYMENTS:
        if payment.customer and payment.customer.created_at is not None:
            dates.setdefault(payment.customer.id, set()).add(payment.customer.created_at)
    old = [created for created in dates.values() if min(created) < START - 3 * 86_400_000]
    assert sum(len(created) == 1 for created in old) > 0.95 * len(old), "an account has one date"


def test_shares_are_as_documented() -> None:
    assert {payment.currency for payment in PAYMENTS} == {"EUR", "USD", "GBP", "JPY", "TND"}
    assert {payment.method.kind for payment in PAYMENTS} == set(MethodKind)
    assert {payment.phase for payment in PAYMENTS} == {Phase.PRE_AUTH, Phase.POST_3DS}
    assert {payment.attempt for payment in PAYMENTS} == {1, 2}
    assert any(isinstance(payment.authentication, Authentication) for payment in PAYMENTS)
    assert any(":" in (payment.ip or "") for payment in PAYMENTS)
    assert 0.005 < np.mean([delivery.fraud for delivery in DELIVERIES]) < 0.02
    assert 0.015 < np.mean([delivery.duplicated for delivery in DELIVERIES]) < 0.025
    assert 0.003 < np.mean([delivery.conflicting for delivery in DELIVERIES]) < 0.007
    assert 0.007 < np.mean([delivery.malformed is not None for delivery in DELIVERIES]) < 0.013


def test_every_scenario_is_under_way_within_a_minute_of_the_demo() -> None:
    frauds = {delivery.scenario for delivery in DELIVERIES if delivery.fraud}
    assert len(frauds) >= 5
    assert frauds <= set(Scenario)


def test_when_a_world_ends_the_next_begins() -> None:
    end = DAYS * PER_DAY
    last, first = SIMULATED.payments(end - 1, 2)
    assert (parsed_id(last.payment_id)[0].world, parsed_id(first.payment_id)[0].world) == (0, 1)
    assert first.occurred_at == START + end
    assert delivery_of(first.payment_id).fraud in (True, False)
    assert first.method != PAYMENTS[0].method


def test_outcomes_follow_their_payment_at_the_pace_of_traffic() -> None:
    outcomes = list(SIMULATED.outcomes(100, 1_000))
    kinds = Counter(outcome.kind for _, outcome in outcomes)
    assert set(kinds) == {
        OutcomeKind.AUTHORISED, OutcomeKind.DECLINED, OutcomeKind.CAPTURED, OutcomeKind.VOIDED,
        OutcomeKind.REFUNDED,
    }  # fmt: skip
    assert kinds[OutcomeKind.AUTHORISED] + kinds[OutcomeKind.DECLINED] == 1_000
    for position, outcome in outcomes:
        assert outcome.payment_id == IDS[position]
        assert outcome.at > outcome.occurred_at == PAYMENTS[position].occurred_at
    captured = [o.at - o.occurred_at for _, o in outcomes if o.kind is OutcomeKind.CAPTURED]
    assert np.median(captured) < 3_000, "an hour of a world that has 1,024 payments a day, at 1,000 a second"


@given(
    seed=st.integers(0, SEED_MAX), world=st.integers(0, 999), shares=st.tuples(*[st.integers(0, 1_000)] * 3)
)
def test_an_id_carries_its_parameters(seed: int, world: int, shares: tuple[int, int, int]) -> None:
    parameters = TrafficParameters(seed, *shares, world)
    assert parsed_id(parameters.prefix + "bbbbbbbbbbbb") == (parameters, "bbbbbbbbbbbb")


@pytest.mark.parametrize("payment_id", ["", "pay_1", "sim7w0d20c0m10-bbb", "sim7w0d20c0m10-aaaaaaaaaaaa"])
def test_ids_of_others_are_refused(payment_id: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        delivery_of(payment_id)


def test_ids_of_several_simulations_are_refused() -> None:
    with pytest.raises(ValueError, match="several simulations"):
        deliveries_of([IDS[0], SimulatedPayments(TrafficParameters(8)).payments(0, 1)[0].payment_id])


def test_an_index_of_no_scenario_is_refused() -> None:
    word = spell(Permutation(7).apply(np.array([1 << 47 | 9 << 43], np.uint64)))[0]
    with pytest.raises(ValueError, match="no payment"):
        delivery_of(PARAMETERS.prefix + word)


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"seed": 1, "duplicates": 1_001}, {"seed": 1, "malformed": -1}]
)
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"not within"):
        TrafficParameters(**wrong)


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        SimulatedPayments(PARAMETERS, rate=0.0)
