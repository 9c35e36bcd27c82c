"""An engine on the broker of the tests, its follower, and what both write; the fixture `options` is one."""

from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer

from models.messages.codec import decode_answer
from models.messages.dead_letter import DeadLetter
from models.messages.decision import Decision
from models.messages.payment import Method, MethodKind
from streams import cli
from streams.engine.follower import Follower
from streams.engine.process import Engine, EngineOptions
from streams.inspect.verify import values
from streams.kafka.topics import Topics
from tests.engine.engine_log import record

METHOD = Method(MethodKind.CARD, "tok_1", "52000000", "DE")
STEPS_MAX = 400


def send(options: EngineOptions, records: list[bytes], role: str = "payments") -> None:
    producer = Producer({"bootstrap.servers": options.bootstrap, "linger.ms": 1})
    for value in records:
        producer.produce(Topics(options.engine)[role], value)
    assert producer.flush(30) == 0


def started(options: EngineOptions) -> Engine:
    """The engine of this name, taking over from one that was not stopped."""
    engine = Engine(options)
    engine.start()
    return engine


def run(engine: Engine, records: int) -> None:
    """Steps until that many records are applied; the seed counts."""
    applied = 0
    for _ in range(STEPS_MAX):
        applied += engine.step()
        if applied >= records:
            return
    raise AssertionError(f"only {applied} of {records} records arrived")


def follow(follower: Follower, number: int) -> None:
    """Steps until this batch is applied."""
    for _ in range(STEPS_MAX):
        if follower.state.position.number >= number:
            return
        follower.step()
    raise AssertionError(f"batch {number} did not arrive, {follower.state.position.number} did")


def seeds(options: EngineOptions) -> int:
    """Controls, and the parts of the artefacts that they name."""
    topics = Topics(options.engine)
    return sum(1 for role in ("artefacts", "controls") for _ in values(options.bootstrap, topics[role]))


def read(options: EngineOptions, role: str, kind: Any) -> list[Any]:
    """The messages of one kind on a topic of the engine."""
    found = values(options.bootstrap, Topics(options.engine)[role])
    return [msgspec.json.decode(value, type=kind) for value in found]


def letters(options: EngineOptions) -> list[DeadLetter]:
    return read(options, "dead-letters", DeadLetter)


def decided(options: EngineOptions) -> list[Decision]:
    topic = Topics(options.engine)["decisions"]
    answers = [decode_answer(value) for value in values(options.bootstrap, topic)]
    return [answer for answer in answers if isinstance(answer, Decision)]


def send_payments(options: EngineOptions, ids: list[str]) -> None:
    """Ordinary payments by a card of BIN 52000000."""
    producer = Producer({"bootstrap.servers": options.bootstrap, "linger.ms": 1})
    for id in ids:
        producer.produce(Topics(options.engine)["payments"], record(id, method=METHOD), id)
    assert producer.flush(30) == 0


def decide(engine: Engine, options: EngineOptions, ids: list[str]) -> list[Decision]:
    """Sends these payments and steps until they are decided."""
    wanted = engine.state.core.admission.sequence + len(ids)
    send_payments(options, ids)
    for _ in range(STEPS_MAX):
        engine.step()
        if engine.state.core.admission.sequence >= wanted:
            break
    return read(options, "decisions", Decision)[-len(ids) :]


def tollgate(*arguments: object) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)
