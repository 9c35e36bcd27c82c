"""Two engines of one name: only the newer one decides, and no payment is decided twice or never.

Invariant (`streams.engine.process`): the journal's end is read after `init_transactions`, when no older
engine can commit any more. Each test lets an older engine commit, or try to, at the worst moment.
"""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Producer

from streams.engine import process as engine_module
from streams.engine.process import Engine
from streams.engine.recovery.replay import EngineHome
from streams.errors import Fenced
from streams.inspect.verify import Verifier
from tests.crash.scene import Scene, drain, simulated

pytestmark = pytest.mark.kafka


class Interposed:
    """A producer that is asked to commit when everything of a transaction is flushed: `meanwhile` happens
    there."""

    def __init__(self, producer: Any, meanwhile: Callable[[], object]) -> None:
        self._producer = producer
        self._meanwhile = meanwhile

    def commit_transaction(self, limit_s: float) -> None:
        self._meanwhile()
        self._producer.commit_transaction(limit_s)

    def __getattr__(self, name: str) -> object:
        return getattr(self._producer, name)


def assert_decided_once(scene: Scene, payments: int) -> None:
    decisions = scene.read("decisions")
    assert Counter(Counter(d["payment_id"] for d in decisions).values()) == {1: payments}
    assert [d["sequence"] for d in decisions] == list(range(1, payments + 1))
    assert not any(d.get("duplicate") for d in decisions)
    verified = Verifier(scene.options()).run()
    assert (verified.difference, verified.decisions) == ("", payments)


def test_nothing_of_a_fenced_engines_open_transaction_is_read(scene: Scene) -> None:
    scene.send(simulated(200))
    older = scene.started()
    older.step(5.0)
    newer: list[Engine] = []
    visible: list[int] = []

    def takeover() -> None:
        newer.append(scene.started())
        visible.append(len(scene.read("decisions")))
        drain(newer[0])

    before = older.state.core.admission.sequence
    transactions: Any = older.output.transactions
    transactions._producer = Interposed(transactions._producer, takeover)
    with pytest.raises(Fenced, match="taken over"):
        older.step(5.0)
    assert visible == [before]
    assert_decided_once(scene, 200)


def test_an_idle_zombie_is_fenced_at_its_next_batch(scene: Scene) -> None:
    scene.send(simulated(100))
    older = scene.started()
    drain(older)
    newer = scene.started()
    scene.send(simulated(100, first=100))
    with pytest.raises(Fenced):
        older.step(5.0)
    drain(newer)
    assert_decided_once(scene, 200)


def test_what_a_slow_zombie_commits_during_start_up_is_not_decided_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.send(simulated(200))
    older = scene.started()
    older.step(5.0)
    refuse_undrained = vars(engine_module)["refuse_undrained"]
    committed: list[int] = []

    def and_meanwhile(home: EngineHome, bootstrap: str) -> None:
        refuse_undrained(home, bootstrap)
        committed.append(older.step(5.0))

    newer = Engine(scene.options())
    monkeypatch.setattr(engine_module, "refuse_undrained", and_meanwhile)
    newer.start()
    assert committed[0] > 0
    assert newer.state.core.admission.sequence == older.state.core.admission.sequence
    drain(newer)
    assert_decided_once(scene, 200)


def test_take_over_under_load_again_and_again_loses_and_doubles_nothing(scene: Scene) -> None:
    """Wherever the older engine is caught: payments keep coming, so it is mostly within a transaction."""
    payments, takeovers = 3_000, 5
    ended: list[Exception] = []
    over, all_started = threading.Event(), threading.Event()

    def feed() -> None:
        producer = Producer({"bootstrap.servers": scene.bootstrap, "enable.idempotence": True})
        for at, value in enumerate(simulated(payments)):
            producer.produce(f"{scene.engine}.payments", value)
            if at % 25 == 0:
                producer.flush(30)
                all_started.wait(0.1)
        assert producer.flush(30) == 0

    def until_fenced(engine: Engine) -> None:
        try:
            while not over.is_set():
                engine.step(0.01)
        except Exception as error:
            ended.append(error)

    threads = [threading.Thread(target=feed, daemon=True)]
    threads[0].start()
    for _ in range(takeovers):
        threads.append(threading.Thread(target=until_fenced, args=(scene.started(),), daemon=True))
        threads[-1].start()
    last = scene.started()
    all_started.set()
    threads[0].join(60)
    drain(last)
    over.set()
    for thread in threads[1:]:
        thread.join(30)
    assert len(ended) > 0
    assert {type(error) for error in ended} == {Fenced}
    assert_decided_once(scene, payments)
