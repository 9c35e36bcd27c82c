"""Where the story plays: a Kafka, a historical engine, a label agent and a vector sink, all real processes.

Invariant: what is started here is stopped here, in the opposite order, whatever happens in between. A Kafka
that was there already (KAFKA_BOOTSTRAP_SERVERS, or one that lives in this home) is used and left alone.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from models.messages import Change
from streams.control_plane import AUTHOR, ArtefactStore, publish_seed, publish_with_artefacts
from streams.errors import Outage
from streams.kafka import ensure_agent_topics, ensure_topics
from streams.keys import keyring_of
from streams.platform.broker import LocalKafka
from streams.settings import Settings
from streams.sources.traffic import free_name, running_command, running_engine

ENGINE: Final = "learn"
ROLL_S: Final = 5.0
"""A file of vectors may not take long: the months pass in minutes."""

PATIENCE_S: Final = 600.0
"""An engine's kernels may have to be compiled first: minutes on a crowded machine."""
PAUSE_S: Final = 0.1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """A running loop. `alive` raises `Outage` when a process died."""

    settings: Settings
    engine: str
    alive: Callable[[], None]

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.settings.kafka()


@contextmanager
def stage(settings: Settings, changes: list[Change], say: Say) -> Iterator[Stage]:
    """Everything up, under an engine name not used before; `changes` go live after the seed."""
    with ExitStack() as things:
        things.enter_context(_stopping_in_order())
        bootstrap = things.enter_context(_kafka(settings, say))
        settings = settings.model_copy(update={"kafka_bootstrap_servers": bootstrap})
        engine = free_name(bootstrap, ENGINE)
        _begin(settings, engine, changes)
        say(f"engine {engine}, label agent and vector sink start; their logs are in {settings.logs}")
        yield Stage(settings, engine, things.enter_context(_processes(settings, engine)))


@contextmanager
def _kafka(settings: Settings, say: Say) -> Iterator[str]:
    """The address of a Kafka: the one that is named, or one of this home."""
    if settings.own_kafka:
        yield settings.own_kafka
        return
    settings.refuse_secured_home("`tollgate learn`")
    broker = LocalKafka(settings.home, say, settings.kafka_heap_mb)
    if broker.process is not None:
        yield broker.bootstrap
        return
    say(f"Kafka starts in {settings.home}")
    broker.start()
    try:
        yield broker.bootstrap
    finally:
        broker.stop()


def _begin(settings: Settings, engine: str, changes: list[Change]) -> None:
    """Topics, the seed and what is to go live after it."""
    bootstrap = settings.kafka()
    ensure_topics(bootstrap, engine, historical=True)
    ensure_agent_topics(bootstrap, engine)
    keyring, store = keyring_of(settings), ArtefactStore(settings.home / "artefacts")
    publish_seed(bootstrap, settings.home, engine, keyring=keyring)
    if changes:
        who = (AUTHOR, "the story begins")
        publish_with_artefacts(bootstrap, engine, changes, store, *who, keyring)


@contextmanager
def _processes(settings: Settings, engine: str) -> Iterator[Callable[[], None]]:
    logs, name = settings.logs, ["--engine", engine]
    environment = os.environ | {
        "TOLLGATE_HOME": str(settings.home),
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka(),
    }
    sink = ["parquet-sink", *name, "--roll-seconds", str(ROLL_S)]
    agent = ["agents", "labels", *name, "--silence-share", "0", "--commit-seconds", "0.05"]
    with (
        running_engine(engine, logs, environment) as engine_alive,
        running_command(f"parquet-sink-{engine}", sink, logs, environment) as sink_alive,
        running_command(f"labels-{engine}", agent, logs, environment) as agent_alive,
    ):

        def alive() -> None:
            engine_alive()
            sink_alive()
            agent_alive()

        wait_for("the engine", (settings.run / f"engine-{engine}.json").exists, alive)
        yield alive


def wait_for(
    what: str, is_there: Callable[[], bool], alive: Callable[[], None], pause_s: float = PAUSE_S
) -> None:
    """Until it is there. Raises `Outage` where that takes longer than `PATIENCE_S`, or a process died."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_there():
        alive()
        if time.monotonic() > deadline:
            raise Outage(f"{what} is not done after {PATIENCE_S:.0f} s: see its log")
        time.sleep(pause_s)


@contextmanager
def _stopping_in_order() -> Iterator[None]:
    """SIGTERM and Ctrl-C end the block with `KeyboardInterrupt`, so that everything is stopped; a second one
    does not interrupt that.
    """

    def interrupt(*_: object) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, interrupt) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
