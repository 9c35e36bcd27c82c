"""Time that goes into kernels is told from a hang."""

import time

import pytest
from numba.core import event

from models.kernels import compile_time
from models.kernels.compile import kernel


def test_time_stands_still_while_nothing_is_compiled() -> None:
    before = compile_time.compile_seconds()
    time.sleep(0.05)
    assert compile_time.compile_seconds() == before


def test_a_kernel_that_is_compiled_counts_and_one_that_is_there_does_not() -> None:
    @kernel
    def doubled(number: int) -> int:
        return 2 * number

    assert doubled(4) == 8
    before = compile_time.compile_seconds()
    doubled.recompile()  # type: ignore[attr-defined]
    compiled = compile_time.compile_seconds()
    assert compiled > before
    assert doubled(5) == 10
    assert compile_time.compile_seconds() == compiled


def test_a_kernel_that_cannot_be_compiled_leaves_the_watch_standing() -> None:
    @kernel
    def broken(number: int) -> int:
        return number.no_such_name  # type: ignore[attr-defined]

    with pytest.raises(Exception, match="no_such_name"):
        broken(4)
    before = compile_time.compile_seconds()
    time.sleep(0.05)
    assert compile_time.compile_seconds() == before


def test_compiling_within_compiling_counts_once_and_counts_while_it_lasts() -> None:
    before = compile_time.compile_seconds()
    with event.trigger_event("numba:compile"), event.trigger_event("numba:compile"):
        time.sleep(0.05)
        assert 0.04 < compile_time.compile_seconds() - before < 5
        between = compile_time.compile_seconds()
    time.sleep(0.05)
    assert compile_time.compile_seconds() - between < 0.04


def test_a_compiler_that_hangs_is_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_time, "EXCUSED_MAX_S", compile_time.compile_seconds() + 0.02)
    with event.trigger_event("numba:compile"):
        time.sleep(0.05)
        assert compile_time.compile_seconds() == compile_time.EXCUSED_MAX_S
