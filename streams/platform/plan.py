"""The process table of `tollgate up`: which processes a home has, in the order of their start.

Kafka is left out where KAFKA_BOOTSTRAP_SERVERS names one. The warehouse stays with CLICKHOUSE_URL: it then
only fills the tables of that server.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from streams.platform.broker import LocalKafka, local_kafka
from streams.platform.processes import ProcessSpec
from streams.settings import Settings

ENGINE = "live"


def process_table(settings: Settings, say: Callable[[str], None]) -> list[ProcessSpec]:
    """Kafka, seed, warehouse, Parquet sink, engine, follower."""
    kafka = [] if settings.kafka_bootstrap_servers else [_kafka(settings, say)]
    first = tuple(spec.name for spec in kafka)
    engine = ["--engine", ENGINE]
    warehouse_file = "sinks.json" if settings.clickhouse_url else "warehouse.json"
    return [
        *kafka,
        _ours(settings, "seed", ["seed", *engine], "", first, once=True),
        _ours(settings, "warehouse", ["warehouse"], warehouse_file, ("seed",)),
        _ours(settings, "parquet-sink", ["parquet-sink"], "parquet-sinks.json", ("seed",)),
        _ours(settings, "follower", ["follower", *engine], f"follower-{ENGINE}.json", ("seed",)),
        _ours(settings, "engine", ["engine", *engine], f"engine-{ENGINE}.json", ("seed",)),
    ]


def _kafka(settings: Settings, say: Callable[[str], None]) -> ProcessSpec:
    broker = LocalKafka(settings.home, say, settings.kafka_heap_mb)
    return ProcessSpec(
        "kafka",
        broker.prepare,
        ready=lambda _: local_kafka.answers(broker.bootstrap),
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
    once: bool = False,
) -> ProcessSpec:
    """One of our own commands, run by this Python."""
    path = settings.run / ready_file

    def command() -> list[str]:
        if ready_file:
            path.unlink(missing_ok=True)  # of a process that was killed
        return [sys.executable, "-m", "streams.cli", *arguments]

    return ProcessSpec(
        name,
        command,
        ready=(lambda pid: is_written(path, pid)) if ready_file else (lambda _: True),
        needs=needs,
        stopped=(lambda: path.unlink(missing_ok=True)) if ready_file else (lambda: None),
        once=once,
        stop_timeout_s=75.0,  # a sink finishes its cut, an engine its batch and a snapshot
        environment={
            **os.environ,
            "TOLLGATE_HOME": str(settings.home),
            "TOLLGATE_FEATURES": settings.features,
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
