"""The list agent on a real broker: killed and started anew, every request still acts exactly once."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, time

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

pytest.importorskip("faust", reason="needs the extra `agents`")

from models.lists.requests import ListAnswer, ListRequest
from models.messages.codec import encode
from models.messages.control import ListChange
from streams.control_plane.controls import logged
from streams.kafka.admin import ensure_agent_topics, ensure_topics
from streams.kafka.client import consumer_settings
from streams.kafka.topics import Topics
from tests.support.unreadable_records import send_unreadable

pytestmark = pytest.mark.kafka
LIMIT_S = 180.0
decode = msgspec.json.Decoder(ListAnswer).decode


def request(id: str, **changes: object) -> bytes:
    made = ListRequest(id, int(time() * 1000), "ana", "card testing", "blocked_bins", "411111")
    return encode(msgspec.structs.replace(made, **changes))


class Scene:
    """One engine's topics and the agent beside it."""

    def __init__(self, bootstrap: str, engine: str, home: Path) -> None:
        self.bootstrap, self.engine, self.home = bootstrap, engine, home
        self.topics = Topics(engine)
        ensure_topics(bootstrap, engine)
        ensure_agent_topics(bootstrap, engine)
        self.reader = Consumer(consumer_settings(bootstrap, f"{engine}-test"))
        self.reader.assign([TopicPartition(self.topics["list-audit"], 0, 0)])
        self.agent: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "TOLLGATE_HOME": str(self.home),
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
        }
        command = [sys.executable, "-m", "streams.cli", "agents", "lists", "--engine", self.engine]
        self.agent = subprocess.Popen(command, env=environment)

    def kill(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()

    def ask(self, values: list[bytes]) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for value in values:
            producer.produce(self.topics["list-requests"], value)
        producer.flush(30)

    def answers(self, count: int) -> list[ListAnswer]:
        """The next answers."""
        found: list[ListAnswer] = []
        began = monotonic()
        while len(found) < count:
            assert monotonic() - began < LIMIT_S, f"{len(found)} of {count} answers"
            assert self.agent is not None
            assert self.agent.poll() is None, "the agent ended"
            message = self.reader.poll(0.5)
            if message is not None and message.error() is None:
                found.append(decode(message.value()))
        return found

    def entries(self) -> list[str]:
        changes = [found.control.change for found in logged(self.bootstrap, self.engine)]
        return [change.value for change in changes if isinstance(change, ListChange)]


@pytest.fixture
def scene(kafka: str, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(kafka, "list-agent-test", tmp_path)
    yield made
    made.kill()
    made.reader.close()


def test_a_killed_agent_answers_again_and_nothing_acts_twice(scene: Scene) -> None:
    first = [request("a"), request("b", value="520000"), request("c", value="41"), b"{"]
    scene.ask([*first, first[0]])
    scene.start()
    answers = scene.answers(5)
    assert [(a.request, a.status, a.repeated) for a in answers] == [
        ("a", "accepted", False),
        ("b", "accepted", False),
        ("c", "rejected", False),
        (None, "rejected", False),
        ("a", "accepted", True),
    ]
    scene.kill()
    scene.ask([first[1], request("d", value="530000"), request("a", value="540000")])
    scene.start()
    later = scene.answers(3)
    while later[-1].detail is None or "used for another request" not in later[-1].detail:
        later += scene.answers(1)
    fresh = [(a.request, a.status) for a in later if not a.repeated and a.request]
    assert fresh == [("d", "accepted"), ("a", "rejected")]
    assert Counter(scene.entries()) == {"411111": 1, "520000": 1, "530000": 1}


def test_what_cannot_be_read_stops_no_agent(scene: Scene) -> None:
    topic = scene.topics["list-requests"]
    scene.ask([request("a")])
    send_unreadable(scene.bootstrap, topic, records=3)
    scene.start()
    assert scene.answers(1)[0].request == "a"
    scene.ask([request("c")])
    assert [answer.request for answer in scene.answers(1)] == ["c"]
    scene.kill()
    scene.ask([request("d", value="530000")])
    scene.start()
    answers = scene.answers(1)
    while answers[-1].repeated:
        answers += scene.answers(1)
    assert answers[-1].request == "d"
