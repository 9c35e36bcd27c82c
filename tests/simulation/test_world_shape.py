"""The shape check finds a world that is not like the public sets; see tests/checks/world_shape.py."""

from dataclasses import replace

import numpy as np
import pytest

from tests.checks import world_shape

MEASURED = {
    "ucsd_fico": (0.581, 0.223, 0.807, 0.216, 0.343, 0.383, 0.005, 0.062, 0.484, 0.638),
    "sparkov": (1.248, 0.364, 0.000, 0.311, 0.184, 0.200, 0.000, 0.024, 0.014, 0.869),
    "handbook": (0.993, 0.544, 0.005, 0.338, 0.274, 0.128, 0.009, 0.021, 0.098, 0.881),
}
"""Figures of the sets, as the check prints them where the sets are."""

NAMES = ("log amount: standard deviation", "log amount: 75 % - median", "payments of a card: once only",
         "payments of a card: Gini", "gap: burstiness", "gap: under an hour", "hour: quietest",
         "payments of a card: share of the top 1 %", "payments of a shop: 1 / tail index",
         "gap: under a day")  # fmt: skip
SETS = {name: dict(zip(NAMES, values, strict=True)) for name, values in MEASURED.items()}


@pytest.fixture(scope="module")
def sample() -> world_shape.Sample:
    return world_shape.simulated(1, 400)


def problems(sample: world_shape.Sample) -> str:
    figures = world_shape.figures(sample)
    return "\n".join(world_shape.compare({name: figures[name] for name in NAMES}, SETS)[1])


def test_a_world_has_the_shape_of_the_sets(sample: world_shape.Sample) -> None:
    assert problems(sample) == ""


def test_amounts_without_small_differences_are_found(sample: world_shape.Sample) -> None:
    wild = replace(sample, amount=sample.amount**3)
    assert "standard deviation" in problems(wild)


def test_a_few_cards_that_make_all_payments_are_found(sample: world_shape.Sample) -> None:
    skewed = replace(sample, card=(np.arange(len(sample.card)) ** 0.5).astype(np.int64) % 50)
    skewed = replace(skewed, card=np.where(np.arange(len(skewed.card)) % 2, skewed.card, 0))
    assert "Gini" in problems(skewed)


def test_payments_without_night_are_found(sample: world_shape.Sample) -> None:
    order = np.arange(len(sample.at)) * (70 * world_shape.DAY_MS // len(sample.at))
    assert "quietest" in problems(replace(sample, at=order))
