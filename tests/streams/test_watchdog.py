"""A call that hangs ends the process; one that returns does not."""

import threading

from streams.kafka.watchdog import Watchdog


def test_a_call_that_hangs_ends_the_process() -> None:
    ended = threading.Event()
    with Watchdog(0.1, ended.set).guard("a call"):
        assert ended.wait(10)


def test_calls_that_return_in_time_are_left_alone() -> None:
    ended = threading.Event()
    dog = Watchdog(0.6, ended.set)
    for _ in range(3):
        with dog.guard("a call"):
            ended.wait(0.3)
    assert not ended.wait(1.2)


def test_what_is_excused_is_not_counted_and_what_follows_is() -> None:
    ended, spent = threading.Event(), [0.0]
    dog = Watchdog(0.4, ended.set, excused=lambda: spent[0])
    with dog.guard("a call"):
        for _ in range(12):
            spent[0] += 0.2
            assert not ended.wait(0.2)
        assert ended.wait(10)
