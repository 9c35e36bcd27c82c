"""The sink is killed with SIGKILL at the worst moments; then every row and every aggregate is there once."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Timer

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.audit.compare import Comparison, compare
from streams.warehouse.client import connect
from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.sink.progress import wait_until_sunk
from tests.warehouse.engine_output import EngineOutput

PROGRAM = "tests.warehouse.sink_process"
SERVER = "tests.warehouse.warehouse_process"
KILLED = -9

pytestmark = pytest.mark.kafka


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run_until_killed(home: Path, bootstrap: str, engine: str, moment: str, at: int) -> list[str]:
    command = [sys.executable, "-m", PROGRAM, str(home), bootstrap, engine, moment, str(at)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == KILLED, ended.stderr
    return ended.stdout.splitlines()


@contextmanager
def warehouse(home: Path, bootstrap: str, engine: str) -> Iterator[Client]:
    """The whole warehouse process, as a user has it, and a client of it when the engine is sunk."""
    with subprocess.Popen(
        [sys.executable, "-m", SERVER, str(home), bootstrap, engine], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            client = connect(url_as(url, home, WarehouseUser.ANALYST))
            wait_until_sunk(bootstrap, client, engine)
            yield client
            client.close()
        finally:
            process.terminate()
            assert process.wait(30) == 0


def finish_and_compare(home: Path, bootstrap: str, engine: str) -> Comparison:
    with warehouse(home, bootstrap, engine) as client:
        return compare(bootstrap, client, engine)


def folders(lines: list[str]) -> dict[str, Path]:
    return {
        name: Path(path)
        for kind, name, path in (line.split(" ", 2) for line in lines if line.startswith("folder"))
    }


def newest_part(folder: Path) -> Path:
    """A part is called after its partition, its first and last block and its level."""
    parts = [part for part in folder.iterdir() if re.fullmatch(r"[^_]+(_\d+){3}", part.name)]
    return max(parts, key=lambda part: int(part.name.split("_")[2]))


@pytest.mark.parametrize("moment", ["recorded", "inserted"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_killed_before_or_after_an_insert(
    kafka: str, engine: str, output: EngineOutput, home: Path, moment: str, at: int
) -> None:
    """A range of decisions is inserted into three tables, one of dead letters into two."""
    output.commit(300)
    output.abort(50)
    run_until_killed(home, kafka, engine, moment, at)
    output.commit(200)
    comparison = finish_and_compare(home, kafka, engine)
    assert comparison.differences == []
    assert comparison.decisions == 550


@pytest.mark.parametrize(
    "lost",
    [["decisions", "decisions_minute", "decisions_hour"], ["decisions_minute"], ["decisions_by_hour"]],
    ids=["rows and aggregates", "one aggregate", "one between two others"],
)
def test_a_part_that_clickhouse_remembers_but_lost_comes_back(
    kafka: str, engine: str, output: EngineOutput, home: Path, lost: list[str]
) -> None:
    """ClickHouse logs a token, then renames the part into place: killed between, only the token is there."""
    output.commit(300)
    found = folders(run_until_killed(home, kafka, engine, "decisions", 1))
    for table in lost:
        shutil.rmtree(newest_part(found[table]))
    output.commit(20)
    assert finish_and_compare(home, kafka, engine).differences == []


def test_killed_at_random_moments(kafka: str, engine: str, output: EngineOutput, home: Path) -> None:
    """Short form: the crash test of the whole platform does the same over engine and sink together."""
    random = Random(7)
    for _ in range(3):
        output.commit(2_000)
        output.abort(100)
        output.commit(2_000)
        command = [sys.executable, "-m", PROGRAM, str(home), kafka, engine, "never", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            timer = Timer(random.uniform(0.0, 1.2), process.kill)
            timer.start()
            assert process.wait(60) == KILLED
            timer.cancel()
    comparison = finish_and_compare(home, kafka, engine)
    assert comparison.differences == []
    assert comparison.decisions == 13_200
    assert comparison.dead_letters == 600


def test_a_clean_stop_finishes_the_cut(kafka: str, engine: str, output: EngineOutput, home: Path) -> None:
    output.commit(500)
    with warehouse(home, kafka, engine) as client:
        assert client.command("SELECT count() FROM decisions") == 550
    assert finish_and_compare(home, kafka, engine).differences == []
