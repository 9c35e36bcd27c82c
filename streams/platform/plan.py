"""The process table of `tollgate up`: which processes a home has, in the order of their start.

Kafka is left out where KAFKA_BOOTSTRAP_SERVERS names one, PostgreSQL where DATABASE_URL does. The warehouse
stays with CLICKHOUSE_URL: it then only fills the tables of that server.
"""

import importlib.metadata
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from streams.connection import PROPERTIES_FILE, security_variables
from streams.errors import Misconfigured
from streams.platform.broker import SUPERUSER_FILE, BrokerCredentials, LocalKafka, local_kafka
from streams.platform.postgres import LocalPostgres, is_installed
from streams.platform.processes import GIVES_WAY, ProcessSpec, session_gives_way
from streams.settings import Settings

ENGINE = "live"
CONSOLE_NEEDS = ("fastapi", "uvicorn", "jinja2", "psycopg", "argon2", "pyotp")
"""What the console is built of."""


def process_table(settings: Settings, say: Callable[[str], None]) -> list[ProcessSpec]:
    """Kafka, seed, warehouse, Parquet sink, engine, follower; for a secured Kafka also its users and grants.
    Last what payments do not need: the agents, which turn verdicts and disputes into labels and requests
    into list entries; PostgreSQL for people's work, the console, and the process that brings reviews in and
    verdicts out.

    Raises Misconfigured where security is set for a Kafka that is not named.
    """
    if settings.own_kafka:
        return [
            *_after_kafka(settings, (), None),
            *_agents(settings, None),
            *_for_people(settings, say, None),
        ]
    _refuse_idle_security()
    broker = LocalKafka(settings.home, say, settings.kafka_heap_mb)
    users = broker.credentials if broker.credentials.exist else None
    return [*_for_payments(settings, broker), *_agents(settings, users), *_for_people(settings, say, users)]


def _for_payments(settings: Settings, broker: LocalKafka) -> list[ProcessSpec]:
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
    user = partial(_user, users)
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


def _user(users: BrokerCredentials | None, role: str) -> Path | None:
    return users.client(role) if users else None


def _refuse_idle_security() -> None:
    idle = [name for name in security_variables() if os.environ.get(name)]
    if idle:
        raise Misconfigured(
            f"{idle[0]} is set, but no Kafka of yours is named: set KAFKA_BOOTSTRAP_SERVERS, or unset it to "
            "use the local Kafka"
        )


def _kafka(settings: Settings, broker: LocalKafka) -> ProcessSpec:
    def command() -> list[str]:
        if broker.credentials.exist:
            broker.credentials.add_users(ENGINE)
        return broker.prepare()

    return ProcessSpec(
        "kafka",
        command,
        ready=lambda _: broker.answers(),
        started=broker.record,
        stopped=broker.file.remove,
        folder=settings.home / "kafka",
        environment=local_kafka.environment(),
    )


def _agents(settings: Settings, users: BrokerCredentials | None) -> list[ProcessSpec]:
    """None on a host without Faust, such as one for an engine alone, or where people run them by hand: of two
    of a kind the second takes over from the first.
    """
    if settings.up_agents == "no" or not any(importlib.metadata.distributions(name="faust-streaming")):
        return []
    return [
        _ours(
            settings, f"{kind}-agent", ["agents", f"{kind}s", "--engine", ENGINE],
            f"{ENGINE}-{kind}-agent.json", ("seed",), gives_way=True, is_essential=False,
            user=_user(users, f"{kind}-agent"),
        )
        for kind in ("label", "list")
    ]  # fmt: skip


def _for_people(
    settings: Settings, say: Callable[[str], None], users: BrokerCredentials | None
) -> list[ProcessSpec]:
    """Nothing on a host where neither of the two is installed, such as one for an engine alone."""
    has_database = bool(settings.database_url) or is_installed()
    postgres = [] if settings.database_url or not is_installed() else [_postgres(settings, say)]
    if not has_database or not all(importlib.util.find_spec(name) for name in CONSOLE_NEEDS):
        return postgres
    console, desk = ["console", "--engine", ENGINE], ["desk", "--engine", ENGINE]
    database = tuple(spec.name for spec in postgres)
    later = partial(_ours, settings, gives_way=True, is_essential=False)
    return [
        *postgres,
        later("desk", desk, f"desk-{ENGINE}.json", (*database, "seed"), user=_user(users, "desk")),
        later("console", console, "console.json", (*database, "warehouse"), user=_user(users, "console")),
    ]


def _postgres(settings: Settings, say: Callable[[str], None]) -> ProcessSpec:
    postgres = LocalPostgres(settings.home, say)

    def started(pid: int) -> None:
        session_gives_way(pid)
        postgres.record(pid)

    return ProcessSpec(
        "postgres",
        lambda: [*GIVES_WAY, *postgres.prepare()],
        ready=postgres.answers,
        started=started,
        stopped=postgres.file.remove,
        essential=False,
        stop_signal=postgres.STOP_SIGNAL,
        folder=Path("/"),
        environment=postgres.environment(),
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
    is_essential: bool = True,
    user: Path | None = None,
) -> ProcessSpec:
    """One of our own commands, run by this Python.

    is_essential  payments need it
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
        essential=is_essential,
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


def addresses(settings: Settings) -> tuple[str, str, str]:
    """Kafka's, ClickHouse's and PostgreSQL's addresses as far as they are known; passwords are masked."""
    from streams.errors import TollgateError
    from streams.settings import without_password

    def known(address: Callable[[], str]) -> str:
        try:
            return without_password(address())
        except TollgateError:
            return ""

    return known(settings.kafka), known(settings.clickhouse), known(settings.database)
