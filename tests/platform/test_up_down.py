"""The whole platform, really: up, used, its supervisor killed, up again with everything kept, down."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from streams.warehouse import WarehouseUser, connect, url_as

pytestmark = pytest.mark.kafka

PATIENCE_S = 300


class Home:
    """Runs `tollgate` commands on a home of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *arguments: str, code: int = 0) -> str:
        own = ("TOLLGATE_", "KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_URL", "DATABASE_URL")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        done = subprocess.run(
            [sys.executable, "-m", "streams.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env=environment | {"TOLLGATE_HOME": str(self.path)},
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def status(self, code: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json", code=code))
        return found


def _a_dropped_table_is_found_and_made_again(home: Home) -> None:
    home.run("simulate", "--count", "200")
    url = json.loads((home.path / "run/warehouse.json").read_text())["url"]
    client = connect(url_as(url, home.path, WarehouseUser.SINK))
    client.command("DROP TABLE decisions_hour SYNC")
    client.close()
    assert "decisions_hour is missing" in home.status(code=1)["warehouse"][0]
    assert "The warehouse is rebuilt." in home.run("warehouse", "rebuild")
    assert home.status()["warehouse"] == []
    assert "same again and in ClickHouse" in home.run("verify")


def test_platform_comes_up_survives_its_supervisor_and_goes_down(tmp_path: Path) -> None:
    home = Home(tmp_path / "home of a test")
    try:
        assert "Tollgate is up." in home.run("up")
        before = home.status()
        assert before["state"] == "up"
        assert before["kafka"]["answers"]
        assert before["clickhouse"]["answers"]
        assert before["postgres"]["answers"]
        assert ":***@" in before["postgres"]["address"]
        assert {one["name"] for one in before["processes"] if one["state"] == "up"} == {
            "kafka", "warehouse", "parquet-sink", "follower", "engine", "label-agent", "list-agent",
            "postgres", "desk", "console",
        }  # fmt: skip
        assert "Tollgate is up already." in home.run("up")
        _a_dropped_table_is_found_and_made_again(home)

        supervisor = json.loads((home.path / "run/supervisor.json").read_text())["pid"]
        psutil.Process(supervisor).kill()
        assert "without a supervisor" in home.status(code=1)["messages"][-1]
        again = home.run("up")
        assert "was left by an earlier supervisor" in again
        assert home.status()["kafka"]["address"] == before["kafka"]["address"]
        assert "seeded already" in (home.path / "logs/seed.log").read_text()
    finally:
        home.run("down")
    assert home.status(code=1)["state"] == "down"
    assert "Tollgate is not up." in home.run("down")
