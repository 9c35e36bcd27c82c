"""Holding payments back to a rate."""

import time
from collections.abc import Callable
from typing import Final

STRIDE: Final = 64
REPORT_S: Final = 0.25


class Pace:
    """The n-th payment is due n / rate seconds after the start; without a rate nothing is ever early.

    `wait(seconds)` is what to do meanwhile: it serves Kafka's delivery reports and returns in time.
    """

    def __init__(self, rate: float | None, wait: Callable[[float], None]) -> None:
        self._rate = rate
        self._wait = wait
        self._start = time.perf_counter()
        self._reported = 0.0
        self._stride = STRIDE if rate is None else 1
        self.passed = 0
        """Payments let through."""

    def block(self, most: int) -> int:
        """How many payments to make at once: few at a slow rate, so that making them delays none."""
        return most if self._rate is None else min(max(int(self._rate / 50), 1), most, 512)

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    def next(self) -> None:
        """Return when the next payment is due."""
        if self.passed % self._stride == 0:
            self._wait(0.0)
            self._hold()
        self.passed += 1

    def _hold(self) -> None:
        while self._rate is not None and (early := self.passed / self._rate - self.elapsed()) > 1e-6:
            self._wait(min(early, 0.1))

    def report_due(self) -> bool:
        """Whether it is time to show progress again: four times a second."""
        due = self.elapsed() - self._reported > REPORT_S
        if due:
            self._reported = self.elapsed()
        return due
