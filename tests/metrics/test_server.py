"""The server of metrics: it only reads, on this machine, and nobody can keep it busy."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from streams.metrics.meters import Meters
from streams.metrics.server import CONNECTIONS_MAX, REST, MetricsServer
from streams.metrics.serving import served
from streams.platform.plan import process_table
from streams.settings import Settings


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    meters = Meters()
    meters.gauge("tollgate_ready", engine="live").set(1)
    server = MetricsServer(meters, "127.0.0.1", 0)
    server.start()
    yield server
    server.stop()


def get(port: int, path: str = "/metrics", **headers: str) -> tuple[str, str]:
    """Content type and body."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_metrics_are_served_in_openmetrics_to_who_asks_for_it(server: MetricsServer) -> None:
    kind, text = get(server.port, Accept="application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")
    kind, text = get(server.port)
    assert kind.startswith("text/plain")
    assert 'tollgate_ready{engine="live"} 1.0' in text


def test_nothing_else_is_served(server: MetricsServer) -> None:
    for path in ("/", "/metrics/", "/../metrics", "/etc/passwd"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(server.port, path)
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", data=b"x", timeout=5)


def answered(port: int) -> bool:
    """Whether a scrape is served now."""
    try:
        return "tollgate_ready" in get(port)[1]
    except OSError:
        return False


def test_connections_that_say_nothing_have_a_bound(server: MetricsServer) -> None:
    """Beyond the bound they are closed at once; when one goes, its place is free."""
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            for _ in range(CONNECTIONS_MAX)
        ]
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as refused:
            assert refused.recv(1) == b"", "closed at once"
        silent[0].close()
        assert any(answered(server.port) for _ in range(100))


def test_connections_that_send_a_byte_now_and_then_hold_no_place() -> None:
    meters = Meters()
    meters.gauge("tollgate_ready", engine="live").set(1)
    server = MetricsServer(meters, "127.0.0.1", 0, timeout_s=0.5)
    server.start()
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            for _ in range(CONNECTIONS_MAX)
        ]
        served_at = []
        for byte in range(15):
            for each in slow:
                with suppress(ConnectionError):
                    each.send(b"GET /metrics HTTP/1.1"[byte : byte + 1])
            time.sleep(0.1)
            if answered(server.port):
                served_at.append(byte)
    server.stop()
    assert served_at
    assert served_at[0] > 1


class SlowFigures(Collector):
    """Takes a while to read, and notes when it was read."""

    def __init__(self) -> None:
        self.reads: list[tuple[float, float]] = []

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        began = time.perf_counter()
        time.sleep(0.02)
        self.reads.append((began, time.perf_counter()))
        yield from ()


def test_scrapes_without_end_take_a_fifth_of_the_process_at_most() -> None:
    """One page at a time, with a pause behind it; everybody gets one."""
    meters, slow = Meters(), SlowFigures()
    meters.registry.register(slow)
    server = MetricsServer(meters, "127.0.0.1", 0)
    server.start()
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda _: get(server.port)[1], range(8)))
    server.stop()
    assert all("process_resident_memory_bytes" in page for page in pages)
    assert len(slow.reads) == 8
    assert all(after - end > REST * 0.02 for (_, end), (after, _) in pairwise(slow.reads))


def discovered(home: Path, name: str) -> tuple[str, int]:
    """The address in a file for Prometheus."""
    (found,) = json.loads((home / f"run/metrics/{name}.json").read_text())
    host, _, port = found["targets"][0].partition(":")
    assert found["labels"] == {"process": name.partition("-")[0]}
    return host, int(port)


def test_the_address_is_written_down_for_prometheus_and_kept(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    def fail() -> None:
        with served(settings, "engine", "live") as meters:
            meters.gauge("tollgate_ready", engine="live").set(1)
            assert "tollgate_ready" in get(discovered(tmp_path, "engine-live")[1])[1]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    found = discovered(tmp_path, "engine-live")
    assert found[0] == "127.0.0.1", "the file of a process that failed stays: Prometheus is to see it"
    for _ in range(2):
        with served(settings, "engine", "live"):
            assert discovered(tmp_path, "engine-live") == found, "the port is kept"
        assert not list((tmp_path / "run/metrics").glob("*.json")), "of a process that was stopped"


def test_a_process_works_without_metrics_where_their_port_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with served(Settings(home=tmp_path, metrics_port=port), "engine", "live") as meters:
            meters.gauge("tollgate_ready", engine="live").set(1)
    assert f"metrics cannot be served at 127.0.0.1:{port}" in caplog.text


@pytest.mark.parametrize("kept", ["70000", "-5", "none", "\xff"])
def test_a_port_that_cannot_be_one_is_taken_for_none(tmp_path: Path, kept: str) -> None:
    (tmp_path / "run/metrics").mkdir(parents=True)
    (tmp_path / "run/metrics/engine-live.port").write_text(kept, encoding="latin-1")
    with served(Settings(home=tmp_path), "engine", "live") as meters:
        meters.gauge("tollgate_ready", engine="live").set(1)
        assert answered(discovered(tmp_path, "engine-live")[1])


def test_metrics_can_be_switched_off(tmp_path: Path) -> None:
    with served(Settings(home=tmp_path, metrics_port=-1), "engine", "live") as meters:
        meters.gauge("tollgate_ready", engine="live").set(1)
        assert not (tmp_path / "run/metrics").exists()


def test_a_port_that_is_set_is_the_supervisors_and_not_all_its_processes(tmp_path: Path) -> None:
    """Else the first one would take it, and the others serve nothing."""
    for port, given in ((9464, "0"), (-1, None), (0, None)):
        settings = Settings(home=tmp_path, metrics_port=port, kafka_bootstrap_servers="", clickhouse_url="")
        for spec in process_table(settings, print):
            if spec.name not in ("kafka", "postgres"):
                assert dict(spec.environment or {}).get("TOLLGATE_METRICS_PORT") == given
