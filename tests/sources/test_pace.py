"""Payments are let through at the rate and never earlier."""

import pytest

from streams.sources.simulated.pace import Pace


def _paced(rate: float | None, payments: int, monkeypatch: pytest.MonkeyPatch) -> float:
    clock = [100.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr("streams.sources.simulated.pace.time.perf_counter", lambda: clock[0])
    pace = Pace(rate, wait)
    for _ in range(payments):
        pace.next()
    return clock[0] - 100.0


def test_the_nth_payment_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _paced(50.0, 101, monkeypatch) == pytest.approx(2.0)


def test_without_a_rate_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _paced(None, 10_000, monkeypatch) == 0.0


@pytest.mark.parametrize(("rate", "block"), [(None, 4096), (10.0, 1), (5_000.0, 100), (1e6, 512)])
def test_slow_rates_make_few_payments_at_once(rate: float | None, block: int) -> None:
    assert Pace(rate, lambda _: None).block(4096) == block
