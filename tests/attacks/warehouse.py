"""Item 5: the warehouse answers the questions of those who may ask, and does nothing else for anybody."""

import base64
import http.client
import netrc
import socket
import threading
import time
import urllib.parse
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.attacks.attack import attack, demand
from tests.attacks.stage import Stage

FOREIGN_HEADERS = (
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:80"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "null"},
)


@dataclass(frozen=True)
class Reply:
    """What the warehouse answered; `status` 0 where it did not."""

    status: int
    text: str

    @property
    def is_well(self) -> bool:
        return self.status == 200


def ask(
    stage: Stage,
    statement: str,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    who: str = "",
    timeout_s: float = 30.0,
    **fields: str,
) -> Reply:
    """Sends a statement as `who`: nobody, or one of the users whose credentials lie in the home."""
    place = urlsplit(stage.warehouse_url())
    fields |= {"query": statement}
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=timeout_s)
    try:
        path = "/?" + urllib.parse.urlencode(fields)
        sent = (headers or {}) | authorisation(stage, who)
        connection.request(method, path, body if body is not None or method == "GET" else b"", sent)
        response = connection.getresponse()
        return Reply(response.status, response.read(1 << 20).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Reply(0, f"{type(error).__name__}: {error}")
    finally:
        connection.close()


def authorisation(stage: Stage, who: str) -> dict[str, str]:
    """The header with the credentials of a user; none for nobody."""
    users = credentials(stage)
    if not who or not users:
        return {}
    text = base64.b64encode(f"{who}:{users[who]}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def credentials(stage: Stage) -> dict[str, str]:
    """Passwords by user, as the warehouse made them at its first start; empty where it asks for none."""
    found: dict[str, str] = {}
    for path in stage.home.glob("warehouse-*.netrc"):
        logins = netrc.netrc(path).hosts.values()
        found |= {user: str(password) for user, _, password in logins}
    return found


def askers(stage: Stage) -> list[str]:
    """Nobody, and the analyst where there is one."""
    return ["", *(user for user in credentials(stage) if "analyst" in user)]


def refused(stage: Stage, statement: str, harm: str) -> str:
    """Demands that neither nobody nor an analyst can run a statement, by POST or GET; the statuses seen."""
    seen = []
    for who in askers(stage):
        for method in ("POST", "GET"):
            reply = ask(stage, statement, method, who=who)
            demand(not reply.is_well, f"{who or 'anybody'} by {method}: {harm}: {reply.text[:100]!r}")
            seen.append(str(reply.status))
    demand(stage.warehouse_answers(), f"the warehouse does not answer after: {statement}")
    return "HTTP " + "/".join(seen)


def table_is_whole(stage: Stage) -> None:
    """Demands that `decisions` is there and holds rows: by `tollgate`'s own way in."""
    client = stage.clickhouse()
    try:
        rows = client.query("SELECT count() FROM decisions").result_rows[0][0]
    finally:
        client.close()
    demand(rows > 0, "the table of decisions is empty")


@attack(5, "web page", "make a browser on this machine send requests", "no file of the host is read")
def read_a_file(stage: Stage) -> str:
    statements = (
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT file('/etc/passwd')",
        "SELECT arrayMap(file, ['/etc/passwd'])",
        "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS path)",
        "SELECT * FROM merge('system', 'x') UNION ALL SELECT * FROM file('/etc/passwd', LineAsString)",
        "DESCRIBE file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM fileCluster('default', '/etc/passwd', 'LineAsString')",
        "SELECT * FROM executable('cat /etc/passwd', 'LineAsString', 'x String')",
        "SELECT * FROM Python(x)",
    )
    return ", ".join(refused(stage, statement, "read a file") for statement in statements)


@attack(5, "web page", "make a browser on this machine send requests", "no other host is asked")
def ask_another_host(stage: Stage) -> str:
    with _listener() as (port, heard):
        seen = [
            refused(stage, statement, "asked another host")
            for statement in (
                f"SELECT * FROM url('http://127.0.0.1:{port}/x', 'LineAsString')",
                f"SELECT * FROM remote('127.0.0.1:{port}', 'a', 'b')",
                f"SELECT * FROM mysql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
                f"SELECT * FROM s3('http://127.0.0.1:{port}/x', 'LineAsString')",
            )
        ]
        demand(not heard, "another host was asked")
    return ", ".join(seen)


@contextmanager
def _listener() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and who knocked."""
    heard: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stopping = threading.Event()

    def listen() -> None:
        while not stopping.is_set():
            with suppress(TimeoutError):
                knock, address = server.accept()
                heard.append(address)
                knock.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], heard
    finally:
        stopping.set()
        thread.join(5)
        server.close()


@attack(5, "web page", "send a GET, which a browser sends without asking", "GET does not write")
def write_by_get(stage: Stage) -> str:
    seen = []
    for who in ["", *credentials(stage)]:
        reply = ask(stage, "CREATE TABLE by_get (x Int8) ENGINE = MergeTree ORDER BY x", "GET", who=who)
        demand(not reply.is_well, f"{who or 'anybody'} made a table by GET")
        seen.append(str(reply.status))
    return "HTTP " + "/".join(seen)


@attack(5, "web page", "send requests of a foreign Host (DNS rebinding) or Origin", "both are refused")
def foreign_host_and_origin(stage: Stage) -> str:
    seen = []
    for headers in FOREIGN_HEADERS:
        for who in askers(stage):
            reply = ask(stage, "SELECT 1", headers=headers, who=who)
            demand(not reply.is_well, f"{headers} was answered")
            seen.append(str(reply.status))
    return "HTTP " + "/".join(seen)


@attack(5, "local user", "open the warehouse's port", "nobody stops it or changes its tables")
def stop_or_change_it(stage: Stage) -> str:
    seen = [
        refused(stage, statement, "it was run")
        for statement in (
            "SYSTEM SHUTDOWN",
            "SELECT 1; SYSTEM SHUTDOWN",
            "SELECT 1; DROP TABLE decisions",
            "SYSTEM KILL",
            "SYSTEM STOP MERGES",
            "UPDATE decisions SET verdict = 'approve' WHERE 1",
            "ALTER TABLE decisions DELETE WHERE 1",
            "INSERT INTO decisions (engine) VALUES ('x')",
            "TRUNCATE TABLE decisions",
            "DROP TABLE decisions",
            "DROP DATABASE IF EXISTS default",
            "CREATE TABLE mine (x Int8) ENGINE = MergeTree ORDER BY x",
            "CREATE FUNCTION mine AS (x) -> x",
            "SET max_execution_time = 0",
            "KILL QUERY WHERE 1 SYNC",
            "BACKUP TABLE decisions TO File('/tmp/x')",
        )
    ]
    table_is_whole(stage)
    return ", ".join(sorted(set(seen)))


@attack(5, "local user", "open the warehouse's port", "no file is written")
def write_a_file(stage: Stage) -> str:
    path = Path(stage.home) / "written-by-an-attacker"
    seen = [
        refused(stage, statement, "a file was written")
        for statement in (
            f"SELECT 1 INTO OUTFILE '{path}'",
            f"SELECT 1 INTO  OUTFILE '{path}' TRUNCATE FORMAT CSV",
            f"SELECT 1 /* x */ INTO /* y */ OUTFILE '{path}'",
            f"(SELECT 1) UNION ALL (SELECT 2) INTO OUTFILE '{path}'",
            f"EXPLAIN SELECT 1 INTO OUTFILE '{path}'",
            f"INSERT INTO FUNCTION file('{path}', 'CSV', 'x Int8') VALUES (1)",
        )
    ]
    demand(not path.exists(), "a file was written")
    return ", ".join(sorted(set(seen)))


@attack(5, "local user", "ask for more than its share", "an analyst cannot raise his limits")
def raise_limits(stage: Stage) -> str:
    seen = []
    for who in askers(stage):
        asked = ask(stage, "SELECT sleepEachRow(1) FROM numbers(3)", who=who, max_execution_time="100000",
                    max_memory_usage="0", readonly="0")  # fmt: skip
        within = ask(stage, "SELECT 1 SETTINGS max_memory_usage = 0, max_execution_time = 0", who=who)
        demand(not asked.is_well and not within.is_well, f"{who or 'anybody'} set limits of his own")
        seen += [str(asked.status), str(within.status)]
    return "HTTP " + "/".join(seen)


@attack(5, "local user", "send queries that sleep", "others are answered meanwhile, and the sink goes on")
def sleeping_queries(stage: Stage) -> str:
    who = askers(stage)[-1]
    threads = [
        threading.Thread(
            target=ask, args=(stage, "SELECT sleepEachRow(3) FROM numbers(40) SETTINGS max_block_size = 1"),
            kwargs={"who": who, "timeout_s": 60.0}, daemon=True,
        )
        for _ in range(24)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    time.sleep(2)
    began = time.monotonic()
    table_is_whole_within(stage, 10)
    return (
        f"the sink's own user answered after {time.monotonic() - began:.1f} s beside {len(threads)} sleepers"
    )


def table_is_whole_within(stage: Stage, limit_s: float) -> None:
    """The same in a thread, with a limit."""
    done: list[bool] = []

    def look() -> None:
        with suppress(Exception):
            table_is_whole(stage)
            done.append(True)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(limit_s)
    demand(done, f"the warehouse did not answer its own client within {limit_s:.0f} s")


@attack(5, "local user", "open connections and leave them half open", "others are answered meanwhile")
def half_open_connections(stage: Stage) -> str:
    place = urlsplit(stage.warehouse_url())
    held: list[socket.socket] = []
    try:
        for _ in range(260):
            with suppress(OSError):
                knock = socket.create_connection((place.hostname or "", place.port or 0), timeout=2)
                knock.sendall(b"POST /?query=SELECT HTTP/1.1\r\nHost: 127.0.0.1\r\n")
                held.append(knock)
        time.sleep(1)
        began = time.monotonic()
        table_is_whole_within(stage, 20)
        return f"answered after {time.monotonic() - began:.1f} s beside {len(held)} half-open connections"
    finally:
        for knock in held:
            knock.close()


@attack(5, "local user", "send a small body that unpacks to gigabytes", "it is refused, and memory stays")
def compressed_body(stage: Stage) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"\0" * (1 << 20)
    body = b"".join(packer.compress(zeros) for _ in range(3_000)) + packer.flush()
    before = stage.memory_bytes("warehouse")
    peak = [before]
    stopping = threading.Event()

    def look() -> None:
        while not stopping.wait(0.05):
            peak.append(stage.memory_bytes("warehouse"))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    seen = []
    for who in askers(stage):
        reply = ask(stage, "", headers={"Content-Encoding": "gzip"}, body=body, who=who, timeout_s=120)
        demand(not reply.is_well, "it was taken")
        seen.append(str(reply.status))
    stopping.set()
    thread.join(5)
    grown = max(peak) - before
    demand(grown < 400 << 20, f"{len(body):,} bytes made the warehouse {grown / 1e6:,.0f} MB larger")
    return f"HTTP {'/'.join(seen)}, {grown / 1e6:,.0f} MB more at most"
