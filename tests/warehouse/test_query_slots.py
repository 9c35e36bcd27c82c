"""Turns of one user: so many run, so many wait, in the order in which they came."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from streams.warehouse.http.query_slots import QuerySlots
from streams.warehouse.http.refusal import RequestRefusedError


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as opened:
        yield opened


def until_waiting(slots: QuerySlots, number: int) -> None:
    with slots._changed:
        assert slots._changed.wait_for(lambda: len(slots._queue) == number, 10)


def test_no_more_run_than_may(pool: ThreadPoolExecutor) -> None:
    slots, running, most = QuerySlots(2, 8), 0, 0
    lock, together = threading.Lock(), threading.Barrier(2)

    def work() -> None:
        nonlocal running, most
        with slots.slot():
            with lock:
                running += 1
                most = max(most, running)
            together.wait(10)
            with lock:
                running -= 1

    for done in [pool.submit(work) for _ in range(8)]:
        done.result(10)
    assert most == 2


def test_they_run_in_the_order_in_which_they_came(pool: ThreadPoolExecutor) -> None:
    slots, order = QuerySlots(1, 8), []

    def work(number: int) -> None:
        with slots.slot():
            order.append(number)

    with slots.slot():
        waiting: list[Future[None]] = []
        for number in range(4):
            waiting.append(pool.submit(work, number))
            until_waiting(slots, number + 1)
    for done in waiting:
        done.result(10)
    assert order == [0, 1, 2, 3]


def test_who_finds_the_queue_full_is_refused_at_once(pool: ThreadPoolExecutor) -> None:
    slots = QuerySlots(1, 1)
    with ExitStack() as stack:
        stack.enter_context(slots.slot())
        waiting = pool.submit(slots._take)
        until_waiting(slots, 1)
        with pytest.raises(RequestRefusedError, match="1 statements of this user wait already, 1 run"):
            stack.enter_context(slots.slot())
    waiting.result(10)


def test_patience_ends() -> None:
    slots = QuerySlots(1, 4, patience_s=0.01)
    with (
        slots.slot(),
        pytest.raises(RequestRefusedError, match="no turn within") as refusal,
        slots.slot(),
    ):
        pass
    assert (refusal.value.code, refusal.value.status) == (202, 503)
    with slots.slot():
        pass


def test_a_turn_comes_back_from_a_statement_that_fails() -> None:
    slots = QuerySlots(1, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), slots.slot():
            _ = 1 / 0
