"""An engine on a real broker while it is being recorded, and what is recorded of it in the end."""

import hashlib
import importlib.metadata
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from models.messages.codec import decode_answer
from models.messages.control import Change
from models.messages.decision import Decision
from models.messages.journal import JournalEntry
from streams.control_plane import artefacts, controls
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.identity import cpu_fingerprint
from streams.engine.process import Engine, EngineOptions
from streams.engine.recovery import snapshot
from streams.kafka.admin import identify
from streams.kafka.records import records
from streams.kafka.sender import Sender
from streams.kafka.topics import Topics
from streams.platform.broker.local_kafka import QUICK, LocalKafka
from tests.checks.recorded_aftermath import Message
from tests.checks.recording import FORMAT, INPUTS, OUTPUTS, Manifest, Record, Recording, Stop

QUIET_STEPS = 8
CRASHES_MAX = 3
LIBRARIES = ("numpy", "numba", "lightgbm", "msgspec", "xxhash", "confluent-kafka")

NOTHING: Mapping[int, str] = MappingProxyType({})


@dataclass
class Live:
    """The engine under way: messages go in, it decides them, and is stopped now and then."""

    options: EngineOptions
    engine: Engine
    crashed: bool = False
    """Since the last stop: a state recovered in groups is laid out in another way."""
    stops: list[Stop] = field(default_factory=list)
    snapshots: dict[int, bytes] = field(default_factory=dict)
    read: int = 0
    """Offset from which decisions have not been looked at yet."""

    @classmethod
    def started(cls, options: EngineOptions) -> "Live":
        """The engine of this name."""
        engine = Engine(options)
        engine.start()
        return cls(options, engine)

    def send(self, messages: list[Message]) -> None:
        """Puts messages on the log; nothing is decided."""
        topics = Topics(self.options.engine)
        with Sender(self.options.bootstrap, self.options.engine) as sender:
            for role, key, value in messages:
                sender.send(topics[role], role.removesuffix("s"), key, value)

    def drain(self) -> None:
        """Decides what is on the log, and what that brings about."""
        quiet = 0
        while quiet < QUIET_STEPS:
            quiet = 0 if self.engine.step() else quiet + 1

    def decide(self, messages: list[Message]) -> None:
        """Sends these, and decides all there is."""
        self.send(messages)
        self.drain()

    def publish(self, *changes: Change) -> None:
        """Not decided yet: what is sent next is behind it on the log."""
        options = self.options
        store = ArtefactStore(options.folder.parent / "artefacts")
        artefacts.upload(options.bootstrap, options.engine, changes, store)
        controls.publish(options.bootstrap, options.engine, changes, "the recording", "to be recorded")

    def decisions(self) -> list[Decision]:
        """Those since the last call."""
        topic = Topics(self.options.engine)["decisions"]
        found = list(records(self.options.bootstrap, topic, self.read))
        self.read = found[-1].offset() + 1 if found else self.read
        answers = [decode_answer(record.value() or b"") for record in found]
        return [answer for answer in answers if isinstance(answer, Decision)]

    def stop(self) -> None:
        """Cleanly; the snapshot is noted."""
        self.engine.close()
        self.engine.output.transactions._producer.close()
        path = next(iter(snapshot.newest_first(self.engine.home.snapshots)))
        header, _ = snapshot.read(path)
        content = path.read_bytes()
        sha256 = None if self.crashed else hashlib.sha256(content).hexdigest()
        self.stops.append(Stop(header.number, header.logical_hash, sha256))
        self.snapshots[header.number] = content

    def restart(self, **changes: Any) -> None:
        """Stops cleanly and starts again, with changed options."""
        self.stop()
        self.options = replace(self.options, **changes)
        self.engine = Engine(self.options)
        self.engine.start()

    def crash_until_skipped(self, poison: bytes) -> None:
        """`apply` dies of this record as often as it takes for the engine to skip it."""
        for _ in range(2 * CRASHES_MAX + 2):
            apply = self.engine.state.core.apply

            def deadly(
                batch: Any, skip: Mapping[int, str] = MappingProxyType({}), answer: bool = True
            ) -> Any:
                if any(v == poison and at not in skip for at, v in enumerate(batch.values)):
                    raise MemoryError("of the poison")
                return apply(batch, skip, answer)  # noqa: B023

            self.engine.state.core.apply = deadly  # type: ignore[method-assign]
            try:
                self.drain()
            except MemoryError:
                self.crashed = True
                self.engine.inputs.close({})
                self.engine.output.transactions._producer.close()
                self.engine = Engine(self.options)
                self.engine.start()
            else:
                del self.engine.state.core.apply
                return
        raise AssertionError("the poison was not skipped")


@contextmanager
def broker(bootstrap: str | None, home: Path) -> Iterator[str]:
    """The one that is given, or one for this recording."""
    if bootstrap is not None:
        yield bootstrap
        return
    kafka = LocalKafka(home, java_options=QUICK)
    kafka.start()
    try:
        yield kafka.bootstrap
    finally:
        kafka.stop()


def recording_of(live: Live, store: ArtefactStore) -> Recording:
    """All that lies on the log, with the artefacts and one of the snapshots."""
    address, engine = live.options.bootstrap, live.options.engine
    topics = {
        role: [
            Record(
                message.offset(), message.timestamp()[1], message.key(), message.value() or b"",
                tuple((name, value or b"") for name, value in message.headers() or ()),
            )
            for message in records(address, Topics(engine)[role])
        ]
        for role in (*INPUTS, *OUTPUTS)
    }  # fmt: skip
    last = msgspec.json.decode(topics["journal"][-1].value, type=JournalEntry)
    cluster = identify(address, engine)
    middle = live.stops[len(live.stops) // 2].number
    manifest = Manifest(
        format=FORMAT,
        snapshot_format=snapshot.FORMAT,
        tollgate=f"{importlib.metadata.version('tollgate')} ({commit()})",
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        libraries={name: importlib.metadata.version(name) for name in LIBRARIES},
        engine=engine,
        cluster=cluster.id,
        topics=cluster.topics,
        catalogue=last.catalogue,
        cpu=cpu_fingerprint(),
        scorer=last.scorer,
        stops=tuple(live.stops),
        state_hash=last.state_hash,
        decision_hash=last.decision_hash,
        snapshot=middle,
        columns=live.engine.home.catalogue.names,
    )
    artefacts = {path.name: path.read_bytes() for path in sorted(store.folder.iterdir())}
    return Recording(manifest, topics, artefacts, live.snapshots[middle])


def commit() -> str:
    """Of the code that records; `?` outside of a clone."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "?"
