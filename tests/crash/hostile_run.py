"""Hostile messages mixed with good payments, sent to a whole Tollgate of its own or to a scene's engine."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from confluent_kafka import KafkaError, Message, Producer

from models.messages.codec import encode
from simulation.traffic import SimulatedPayments, TrafficParameters
from streams.kafka.topics import INPUTS, Topics
from tests.crash.checks import Findings, check_warehouse
from tests.crash.hostile_check import HostileFindings, Place, check_fates, check_windows, leaked
from tests.crash.hostile_maker import Hostile, Maker
from tests.crash.hostile_messages import make
from tests.crash.parts import wait_for
from tests.crash.platform_under_test import Platform

CAUGHT_UP_TIMEOUT_S = 600.0


@dataclass
class Mixture:
    """What was sent, by its place on the log."""

    hostile: dict[Place, Hostile] = field(default_factory=dict)
    good: set[Place] = field(default_factory=set)


def send(bootstrap: str, engine: str, hostile: int, good: int, seed: int) -> Mixture:
    """Sends both, well mixed, and waits until Kafka has them all."""
    now = int(time.time() * 1000)
    maker, draw = Maker(seed, now), Random(seed)
    simulated = SimulatedPayments(TrafficParameters(seed), start_ms=now - 60_000, rate=100.0)
    payments = [encode(payment) for payment in simulated.payments(0, good)]
    kinds = ["hostile"] * hostile + ["good"] * good
    draw.shuffle(kinds)
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "message.max.bytes": 4_000_000,
            "enable.idempotence": True,
            "linger.ms": 2,
        }
    )
    mixture = Mixture()
    numbers = iter(range(hostile))
    for kind in kinds:
        if kind == "good":
            _produce(producer, f"{engine}.payments", payments.pop(), mixture.good.add)
        else:
            message = make(maker, next(numbers))
            _produce(producer, f"{engine}.{message.role}", message.value, _keeper(mixture, message))
    left = producer.flush(60)
    assert left == 0, f"{left} messages were not delivered"
    return mixture


def _keeper(mixture: Mixture, message: Hostile) -> Callable[[Place], None]:
    def keep(place: Place) -> None:
        mixture.hostile[place] = message

    return keep


def _produce(producer: Producer, topic: str, value: bytes | None, keep: Callable[[Place], None]) -> None:
    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None, f"not delivered, {len(value or b'')} bytes: {error}"
        keep((topic, message.offset()))

    producer.produce(topic, value, on_delivery=delivered)
    producer.poll(0)
    while len(producer) > 1_000:
        producer.poll(0.05)


def judge(read: Callable[[str], list[Message]], engine: str, mixture: Mixture) -> HostileFindings:
    """All checks on the topics; `read` gives the committed records of a role's topic."""
    decisions, letters, features = read("decisions"), read("dead-letters"), read("features")
    findings = check_fates(mixture.hostile, mixture.good, decisions, letters)
    journal = read("journal")
    for leak in leaked([*decisions, *letters, *features, *journal])[:5]:
        findings.wrong(f"a card number can be read: {leak}")
    topics = Topics(engine)
    inputs = {topics[role]: read(role) for role in INPUTS}
    entries = [json.loads(message.value()) for message in journal]
    for difference in check_windows(inputs, mixture.good, entries, letters, decisions, features):
        findings.wrong(difference)
    return findings


def run(home: Path, hostile: int, good: int, seed: int, say: Callable[[str], None]) -> Findings:
    """The long form, on processes: none of them may end by itself."""
    platform = Platform(home, f"hostile-{seed}")
    findings = Findings()
    try:
        platform.start()
        for part in platform.parts:
            wait_for(f"{part.name} at work", part.is_ready, 180, lambda: None)
        mixture = send(platform.bootstrap, platform.engine, hostile, good, seed)
        say(f"sent {hostile:,} hostile messages among {good:,} good payments")
        wait_for("all decided", lambda: platform.undecided() == 0, CAUGHT_UP_TIMEOUT_S, platform.tick)
        findings.add("crashes", [f"{p.name} ended with {code}" for p in platform.parts for code in p.ends])
        found = judge(platform.read, platform.engine, mixture)
        findings.add("messages", found.differences[:20])
        findings.figures |= _figures(found, hostile, good)
        findings.add("stop", [f"{name} ended with {code}" for name, code in platform.rest().items() if code])
        check_warehouse(platform, findings)
    finally:
        platform.stop()
    return findings


def _figures(found: HostileFindings, hostile: int, good: int) -> dict[str, object]:
    fates = {kind: dict(counted) for kind, counted in sorted(found.fates.items())}
    return {"hostile": hostile, "good": good, "reasons": dict(found.reasons), "fates": fates}
