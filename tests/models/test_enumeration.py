"""Our estimate of enumeration: from when on a burst counts, and how much of simulated attacks it finds."""

from collections import Counter

import numpy as np
import pytest

from models.meters import CardAttempts, EnumerationEstimate, texts
from models.units import HOUR_MS
from simulation.payments import Scenario, scenarios_of
from simulation.world import World
from tests.models.simulated_quarter import START_MS

Attempt = tuple[str, int, str | None, str | None, str, bool]
"""Merchant, hour, BIN, device, card, declined."""


def enumerated(rows: list[Attempt]) -> list[bool]:
    merchants, hours, bins, devices, cards, declined = zip(*rows, strict=True)
    attempts = CardAttempts(
        texts(list(merchants)), np.array(hours), texts(list(bins)), texts(list(devices)), texts(list(cards)),
        np.array(declined),
    )  # fmt: skip
    return EnumerationEstimate().enumerated(attempts).tolist()


def burst(cards: int, declined: int, bins: str | None, device: str | None) -> list[Attempt]:
    return [("shop", 1, bins, device, f"c{number}", number < declined) for number in range(cards)]


@pytest.mark.parametrize(
    ("cards", "declined", "bins", "device", "counts"),
    [
        (10, 5, "411111", None, True), (9, 9, "411111", None, False), (10, 4, "411111", None, False),
        (10, 10, None, None, False),
        (4, 2, None, "d", True), (3, 3, None, "d", False), (5, 1, None, "d", False), (10, 3, None, "d", True),
    ],
)  # fmt: skip
def test_from_when_on_a_burst_counts(
    cards: int, declined: int, bins: str | None, device: str | None, counts: bool
) -> None:
    assert enumerated(burst(cards, declined, bins, device)) == [counts] * cards


def test_a_burst_is_of_one_merchant_one_hour_and_different_cards() -> None:
    rows = burst(10, 10, "411111", None)
    other_hour = [("shop", 2, *row[2:]) for row in rows[5:]]
    other_shop = [("other", *row[1:]) for row in rows[5:]]
    same_card = [(*row[:4], "c0", row[5]) for row in rows]
    for apart in ([*rows[:5], *other_hour], [*rows[:5], *other_shop], same_card):
        assert not any(enumerated(apart))


def test_an_honest_payment_amid_a_burst_counts_and_one_beside_it_does_not() -> None:
    honest: list[Attempt] = [
        ("shop", 1, "411111", "own", "me", False),
        ("shop", 1, "522222", "own2", "me2", False),
    ]
    assert enumerated([*burst(10, 10, "411111", None), *honest]) == [True] * 11 + [False]


def test_of_simulated_attacks_all_on_bins_most_card_testing_and_nothing_else() -> None:
    """Sixty days of a world of 3,000 payments a day, with what issuers decline."""
    world = World(5, START_MS, per_day=3_000, days=60)
    tried, found = Counter[Scenario](), Counter[Scenario]()
    for day in range(60):
        paid = world.columns(day)
        devices = paid.device.astype(object)
        devices[paid.device == 0] = None
        attempts = CardAttempts(
            merchants=paid.shop.astype(object), hours=paid.occurred_at // HOUR_MS,
            bins=paid.bin.astype(object), devices=devices, cards=paid.card.astype(object),
            declined=world.potential_outcomes(paid).group >= 0,
        )  # fmt: skip
        flags, scenario = EnumerationEstimate().enumerated(attempts), scenarios_of(paid.index)
        tried.update(Scenario(code) for code in scenario.tolist())
        found.update(Scenario(code) for code in scenario[flags].tolist())
    assert found[Scenario.BIN_ATTACK] == tried[Scenario.BIN_ATTACK] > 200
    assert found[Scenario.CARD_TESTING] > 0.55 * tried[Scenario.CARD_TESTING] > 150
    assert set(found) == {Scenario.BIN_ATTACK, Scenario.CARD_TESTING}
