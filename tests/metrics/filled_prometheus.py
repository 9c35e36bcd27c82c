"""A Prometheus that holds a scene, with what the rules would have recorded."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dashboards.prometheus import PrometheusServer
from streams.errors import Outage
from streams.platform.processes.ports import free_port
from tests.metrics.prometheus import RULES, tool
from tests.metrics.scene import FILES, START_S, Scene

READY_S: Final = 60.0
RULE_STEP: Final = "1m"
PASSES: Final = 2
"""Some rules look at what others record."""


@contextmanager
def filled(scene: Scene, folder: Path) -> Iterator[PrometheusServer]:
    """Runs while the block does."""
    data, samples = folder / "data", folder / "scene.openmetrics"
    samples.write_text(scene.openmetrics())
    _promtool("tsdb", "create-blocks-from", "openmetrics", samples, data)
    start, end = START_S, START_S + scene.now_s
    for _ in range(PASSES):
        with _running(data, folder) as server:
            times = [f"--start={start:.0f}", f"--end={end:.0f}", f"--eval-interval={RULE_STEP}"]
            rules = [RULES / name for name in FILES]
            new = folder / "recorded"
            _promtool(
                "tsdb",
                "create-blocks-from",
                "rules",
                *times,
                f"--url={server.url}",
                f"--output-dir={new}",
                *rules,
            )
        for block in new.iterdir():
            block.rename(data / block.name)
    with _running(data, folder) as server:
        yield server


def _promtool(*arguments: object) -> None:
    done = subprocess.run(
        [tool("promtool"), *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]


@contextmanager
def _running(data: Path, folder: Path) -> Iterator[PrometheusServer]:
    (folder / "empty.yml").write_text(json.dumps({"scrape_configs": []}))
    port = free_port(set())
    log = (folder / "prometheus.log").open("w")
    process = subprocess.Popen(
        [
            tool("prometheus"), f"--config.file={folder / 'empty.yml'}", f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=log,
    )  # fmt: skip
    server = PrometheusServer(f"http://127.0.0.1:{port}")
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait(server: PrometheusServer) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            server.lines("vector(1)", START_S, START_S, 15)
        except Outage:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Prometheus does not answer")
