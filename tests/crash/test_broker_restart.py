"""An engine outlives its broker: it goes on by itself when Kafka is back, nothing is lost or doubled.

librdkafka can forget the group coordinator when the last broker goes away, and then waits for it for ever in
`send_offsets_to_transaction` (see `streams.kafka.client.connection`).
"""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.engine.process import Engine
from streams.platform.broker.local_kafka import QUICK, LocalKafka
from tests.crash.parts import wait_for
from tests.crash.scene import Scene, simulated

pytestmark = pytest.mark.kafka

PAYMENTS = 1_500
KILLS = 3


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    kafka = LocalKafka(tmp_path / "kafka", say=lambda _: None, java_options=QUICK)
    kafka.start()
    yield kafka
    kafka.stop()


def test_an_engine_goes_on_when_its_broker_was_killed_and_came_back(
    broker: LocalKafka, tmp_path: Path
) -> None:
    scene = Scene(broker.bootstrap, f"broker-{uuid.uuid4().hex[:8]}", tmp_path).prepare()
    engine = scene.started()
    over = threading.Event()
    running = threading.Thread(target=engine.run, args=(over.is_set,), daemon=True)
    running.start()
    producer = Producer({"bootstrap.servers": scene.bootstrap, "enable.idempotence": True})
    for sent, value in enumerate(simulated(PAYMENTS)):
        producer.produce(f"{scene.engine}.payments", value)
        if sent % (PAYMENTS // KILLS) == PAYMENTS // KILLS // 2:
            producer.flush(30)
            broker.kill9()
            broker.start()
    assert producer.flush(60) == 0
    wait_for("all decided", lambda: _decided(engine) == PAYMENTS, 60, lambda: None)
    over.set()
    running.join(30)
    decisions = scene.read("decisions")
    assert [d["sequence"] for d in decisions] == list(range(1, PAYMENTS + 1))
    assert len({d["payment_id"] for d in decisions}) == PAYMENTS


def _decided(engine: Engine) -> int:
    return engine.state.core.admission.sequence
