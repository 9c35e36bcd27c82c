"""The process table of `tollgate up`: which processes a home has, in the order of their start.

Kafka is left out where KAFKA_BOOTSTRAP_SERVERS names one. The warehouse stays with CLICKHOUSE_URL: it then
only fills the tables of that server.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from streams.connection import PROPERTIES_FILE, security_variables
from streams.errors import Misconfigured
from streams.platform.broker import SUPERUSER_FILE, BrokerCredentials, LocalKafka, local_kafka
from streams.platform.processes import GIVES_WAY, ProcessSpec, session_gives_way
from streams.settings import Settings

ENGINE = "live"


def process_table(settings: Settings, say: Callable[[str], None]) -> list[ProcessSpec]:
    """Kafka, seed, warehouse, Parquet sink, engine, follower; for a secured Kafka also its users and grants.

    Raises Misconfigured where security is set for a Kafka that is not named.
    """
    if settings.own_kafka:
        return _after_kafka(settings, (), None)
    _refuse_idle_security()
    broker = LocalKafka(settings.home, say, settings.kafka_heap_mb)
    kafka = _kafka(settings, broker)
    if not broker.credentials.exist:
        return [kafka, *_after_kafka(settings, ("kafka",), None)]
    users = broker.credentials
    grant = ["acls", "--engine", ENGINE, "--with-local", "--apply", "--users", str(users.clients)]
    access = _ours(settings, "access", grant, "", ("kafka",), once=True, user=users.client(SUPERUSER_FILE))
    return [kafka, access, *_after_kafka(settings, ("access",), users)]


def _after_kafka(
    settings: Settings, first: tuple[str, ...], users: BrokerCredentials | None
) -> list[ProcessSpec]:
    """What of ours runs on Kafka; each as a user of its own where there are any."""

    def user(role: str) -> Path | None:
        return users.client(role) if users else None

    engine = ["--engine", ENGINE]
    seed = ["seed", *engine, *(["--agents"] if users else [])]  # agents have no right to make topics
    warehouse_file = "sinks.json" if settings.clickhouse_url else "warehouse.json"
    parquet_file, follower_file = "parquet-sinks.json", f"follower-{ENGINE}.json"
    engine_file, ready = f"engine-{ENGINE}.json", ("seed",)
    later = partial(_ours, settings, needs=ready, gives_way=True)
    return [
        _ours(settings, "seed", seed, "", first, once=True, user=user("administrator")),
        later("warehouse", ["warehouse"], warehouse_file, user=user("warehouse")),
        later("parquet-sink", ["parquet-sink"], parquet_file, user=user("parquet-sink")),
        later("follower", ["follower", *engine], follower_file, user=user("follower")),
        _ours(settings, "engine", ["engine", *engine], engine_file, ready, user=user("engine")),
    ]


def _refuse_idle_security() -> None:
    idle = [name for name in security_variables() if os.environ.get(name)]
    if idle:
        raise Misconfigured(
            f"{idle[0]} is set, but no Kafka of yours is named: set KAFKA_BOOTSTRAP_SERVERS, or unset it to "
            "use the local Kafka"
        )


def _kafka(settings: Settings, broker: LocalKafka) -> ProcessSpec:
    return ProcessSpec(
        "kafka",
        broker.prepare,
        ready=lambda _: broker.answers(),
        started=broker.record,
        stopped=broker.file.remove,
        folder=settings.home / "kafka",
        environment=local_kafka.environment(),
    )


def _ours(
    settings: Settings,
    name: str,
    arguments: list[str],
    ready_file: str,
    needs: tuple[str, ...],
    *,
    once: bool = False,
    gives_way: bool = False,
    user: Path | None = None,
) -> ProcessSpec:
    """One of our own commands, run by this Python.

    gives_way  it waits while the engine needs the processor: a customer waits for the engine alone
    user       the properties file by which it enters Kafka
    """
    path = settings.run / ready_file

    def command() -> list[str]:
        if ready_file:
            path.unlink(missing_ok=True)  # of a process that was killed
        return [*(GIVES_WAY if gives_way else ()), sys.executable, "-m", "streams.cli", *arguments]

    return ProcessSpec(
        name,
        command,
        ready=(lambda pid: is_written(path, pid)) if ready_file else (lambda _: True),
        started=session_gives_way if gives_way else (lambda _: None),
        needs=needs,
        stopped=(lambda: path.unlink(missing_ok=True)) if ready_file else (lambda: None),
        once=once,
        stop_timeout_s=75.0,  # a sink finishes its cut, an engine its batch and a snapshot
        environment={
            **os.environ,
            "TOLLGATE_HOME": str(settings.home),
            "TOLLGATE_FEATURES": settings.features,
            # A port that is set is the supervisor's: each of its processes takes one of its own.
            **({"TOLLGATE_METRICS_PORT": "0"} if settings.metrics_port > 0 else {}),
            **({PROPERTIES_FILE: str(user)} if user else {}),
        },
    )


def is_written(path: Path, pid: int) -> bool:
    """Whether a process has reported itself ready: its file is there and names no other process."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return bool(found.get("pid", pid) == pid)


def addresses(settings: Settings) -> tuple[str, str]:
    """Kafka's and ClickHouse's addresses as far as they are known; passwords are masked."""
    from streams.errors import TollgateError
    from streams.settings import without_password

    def known(address: Callable[[], str]) -> str:
        try:
            return without_password(address())
        except TollgateError:
            return ""

    return known(settings.kafka), known(settings.clickhouse)
