"""The declarations: names by Prometheus's rules, labels with bounds, and few series."""

import re

import pytest

from streams.engine.decision.context import DEGRADED
from streams.metrics.families import BY_PROCESS, FAMILIES, MISSING, SERIES_MAX, MetricFamily

UNITS = ("_seconds", "_bytes", "_records", "_total", "_probability", "_psi", "_entry", "_entities", "_ready")
STATES = ("_decisions", "_reviews", "_decisions_max", "_up", "_paused", "_failed", "_on_trial")
SECRET = re.compile(r"token|merchant|card|customer|device|address|\bip\b|payment_id|account|password|key$")


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_name_says_its_unit(family: MetricFamily) -> None:
    assert re.fullmatch(r"tollgate(_[a-z]+)+", family.name)
    assert family.exposed.removesuffix("_bucket").endswith(UNITS + STATES)
    assert (family.kind == "histogram") == bool(family.buckets)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_labels_hold_nothing_of_a_payment(family: MetricFamily) -> None:
    for label in family.labels:
        assert not SECRET.search(label.name)
        assert bool(label.values) != bool(label.most), "a closed set, or a most"


def test_a_process_serves_a_bounded_number_of_series() -> None:
    everywhere = sum(family.series_max for family in BY_PROCESS["every process"])
    for process, families in BY_PROCESS.items():
        assert everywhere + sum(family.series_max for family in families) <= SERIES_MAX, process


def test_what_decisions_can_do_without_is_what_the_engine_says() -> None:
    """By the bits of `degraded`, in their order: the meters read them so."""
    assert [1 << place for place in range(len(MISSING.values))] == sorted(DEGRADED)
    assert MISSING.values == tuple(DEGRADED[bit] for bit in sorted(DEGRADED))
