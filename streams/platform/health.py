"""How the platform of a home is doing now: the supervisor's status, checked against the running processes."""

import importlib.util
import socket
import ssl
import time
import urllib.request
from urllib.parse import urlsplit

import msgspec
import psutil

from streams.connection import clickhouse_authority, is_unverified
from streams.errors import TollgateError
from streams.kafka import reach
from streams.platform import running
from streams.platform.lag import Lag, engine_names, lag
from streams.platform.lateness import lateness
from streams.platform.processes import ProcessState, ProcessStatus
from streams.settings import Settings

TIMEOUT_S = 5.0
POSTGRES_PORT = 5_432


class ServerAddress(msgspec.Struct):
    """A server: its address (passwords masked; empty when not known) and whether it answers."""

    address: str
    answers: bool


class ProcessHealth(msgspec.Struct):
    """One process of the platform; `uptime_s` and `memory_bytes` only where it lives."""

    name: str
    state: ProcessState
    restarts: int
    log: str
    pid: int | None = None
    uptime_s: float | None = None
    memory_bytes: int | None = None


class RefusedControls(msgspec.Struct):
    """Controls that were not authorised: how many since the engine began, and when the last one came (ms)."""

    count: int
    last_at: int


class Health(msgspec.Struct):
    """The whole. `lag`: by engine, reader and topic, records still to be read; empty when Kafka is away.
    `late`: by engine whose source is far behind, the late ones among its newest payments, and how many those
    are.
    """

    state: ProcessState
    home: str
    kafka: ServerAddress
    clickhouse: ServerAddress
    postgres: ServerAddress
    """Of people's work; payments do without."""
    processes: list[ProcessHealth]
    lag: Lag
    messages: list[str]
    warehouse: list[str] = msgspec.field(default_factory=list)
    """What is wrong with its tables, and what to do."""
    refused: dict[str, RefusedControls] = {}
    """By engine, the controls that it refused as not authorised; engines without any are left out."""
    late: dict[str, tuple[int, int]] = {}

    @property
    def is_well(self) -> bool:
        """Everything is up and answers, and the warehouse's tables are as they should be."""
        answers = self.kafka.answers and self.clickhouse.answers
        return self.state == ProcessState.UP and answers and not self.warehouse


def health(settings: Settings) -> Health:
    """Looks at everything once; takes seconds at most, raises nothing because something is down."""
    status = running.current(settings)
    alive = running.supervisor(settings) is not None
    kafka, clickhouse, postgres, reasons = _addresses(settings)
    behind = _lag(settings) if kafka.answers else {}
    return Health(
        state=status.state if status and alive else ProcessState.DOWN,
        home=str(settings.home),
        kafka=kafka,
        clickhouse=clickhouse,
        postgres=postgres,
        processes=[_process(process) for process in status.processes] if status and alive else [],
        lag=behind,
        refused=_refused(settings) if kafka.answers else {},
        late=_late(settings, list(behind)),
        messages=[
            *reasons,
            *(status.messages if status else []),
            *(_leftovers(settings) if not alive else []),
        ],
        warehouse=_warehouse(settings) if kafka.answers and clickhouse.answers else [],
    )


def _addresses(settings: Settings) -> tuple[ServerAddress, ServerAddress, ServerAddress, list[str]]:
    """And why Kafka does not answer, where it does not."""
    from streams.platform.plan import addresses

    kafka, clickhouse, postgres = addresses(settings)
    reason = _unreachable(settings.kafka()) if kafka else ""
    return (
        ServerAddress(kafka, bool(kafka) and not reason),
        ServerAddress(clickhouse, bool(clickhouse) and pings(settings.clickhouse())),
        ServerAddress(postgres, bool(postgres) and listens(settings.database())),
        [reason] if reason else [],
    )


def _unreachable(bootstrap: str) -> str:
    try:
        reach(bootstrap, TIMEOUT_S)
    except TollgateError as failure:
        return str(failure)
    return ""


def pings(url: str) -> bool:
    """Whether a ClickHouse answers there; asks without user and password, which `/ping` does not want."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    try:
        with urllib.request.urlopen(
            f"{parts.scheme}://{host}/ping", timeout=TIMEOUT_S, context=_trusted(url)
        ) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def listens(url: str) -> bool:
    """Whether somebody listens at an address of PostgreSQL: signing in is not tried, since a host for an
    engine has no driver for it."""
    first = urlsplit(url).netloc.rpartition("@")[2].split(",")[0]  # libpq takes several hosts
    parts = urlsplit(f"//{first}")
    try:
        with socket.create_connection((parts.hostname, parts.port or POSTGRES_PORT), TIMEOUT_S):
            return True
    except (OSError, ValueError):
        return False


def _trusted(url: str) -> ssl.SSLContext | None:
    if urlsplit(url).scheme != "https":
        return None
    context = ssl.create_default_context(cafile=clickhouse_authority(url))
    if is_unverified(url):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _process(status: ProcessStatus) -> ProcessHealth:
    found = ProcessHealth(status.name, status.state, status.restarts, status.log)
    if status.pid is None:
        return found
    try:
        process = psutil.Process(status.pid)
        found.pid, found.uptime_s = status.pid, round(time.time() - process.create_time(), 1)
        found.memory_bytes = process.memory_info().rss
    except psutil.NoSuchProcess:
        found.state = ProcessState.CRASHED  # the supervisor has not seen it yet
    return found


def _leftovers(settings: Settings) -> list[str]:
    left = [f"{name} (process {process.pid})" for name, process in running.orphans(settings)]
    if not left:
        return []
    return [f"without a supervisor: {', '.join(left)}. `tollgate up` or `tollgate down` ends them"]


def _warehouse(settings: Settings) -> list[str]:
    """Nothing where the packages to ask it are not installed."""
    if not all(importlib.util.find_spec(name) for name in ("clickhouse_connect", "pyarrow")):
        return []
    from clickhouse_connect.driver.exceptions import Error as ClickHouseError
    from confluent_kafka import KafkaException

    from streams.warehouse import connect
    from streams.warehouse.repair import warehouse_faults

    try:
        return warehouse_faults(settings.kafka(), connect(settings.clickhouse()))
    except (TollgateError, ClickHouseError, KafkaException, OSError) as failure:
        return [f"warehouse: its tables could not be looked at: {failure}"]


def _refused(settings: Settings) -> dict[str, RefusedControls]:
    from confluent_kafka import KafkaException

    from streams.engine.recovery import last_entry

    found = {}
    try:
        for engine in engine_names(settings.kafka()):
            entry = last_entry(settings.kafka(), engine)
            if entry is not None and entry.trust and entry.trust.refused:
                found[engine] = RefusedControls(entry.trust.refused, entry.trust.refused_at)
    except (KafkaException, TollgateError):
        return found  # what is known by now; that Kafka is away is said elsewhere
    return found


def _late(settings: Settings, engines: list[str]) -> dict[str, tuple[int, int]]:
    found = {engine: lateness(settings.kafka(), engine) for engine in engines}
    return {engine: (each.late, each.payments) for engine, each in found.items() if each.is_far_behind}


def _lag(settings: Settings) -> Lag:
    from confluent_kafka import KafkaException

    try:
        return lag(settings.kafka())
    except KafkaException:
        return {}
