"""A file through a real Kafka, a real engine and a real warehouse: counted, resumed, refused, and checked by
a script that shares no code with any of them.

The file holds what goes wrong in practice: a row twice, rows without amount, a line with a field too many.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from streams.warehouse.client import connect
from streams.warehouse.credentials import WarehouseUser, url_as

CHECK = "tests.checks.replay_against_file"
MAP = """
merchant_account: shop
payment_id: "p-{id}"
occurred_at: {base: 2024-01-01T00:00:00Z, terms: {at: s}}
amount: {column: euros, scale: 100}
currency: EUR
method: {token: "card_{card}", country: DE}
customer: {id: "c_{card}"}
merchant: {id: "m_{shop}", country: {column: shop, values: {0: DE, 1: FR}}}
label: {column: fraud, values: {0: legitimate, 1: fraud}, delay: 1h}
"""
ROWS = 2_000


@dataclass(frozen=True)
class Place:
    """A home with a warehouse, and the broker all tests share."""

    folder: Path
    kafka: str

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "TOLLGATE_HOME": str(self.folder / "home"),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
        }

    def clickhouse(self, user: WarehouseUser = WarehouseUser.ANALYST) -> str:
        url = str(json.loads((self.folder / "home/run/warehouse.json").read_text())["url"])
        return url_as(url, self.folder / "home", user)

    def tollgate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "streams.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )

    def replay(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        file, replay_map = self.folder / "payments.csv", self.folder / "map.yaml"
        return self.tollgate(
            "replay", str(file), "--map", str(replay_map), "--engine", "e2e-file", *arguments
        )

    def check(self) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            CHECK,
            str(self.folder / "payments.csv"),
            str(self.folder / "map.yaml"),
        ]
        addresses = ["--engine", "e2e-file", "--kafka", self.kafka, "--clickhouse", self.clickhouse()]
        return subprocess.run(
            [*command, *addresses], capture_output=True, text=True, timeout=300, check=False
        )


def _write(folder: Path) -> None:
    (folder / "map.yaml").write_text(MAP)
    lines = [
        f"{number},{number * 13},{number % 977 + 0.57:.2f},{number % 190},{number % 2},{number % 50 == 0:d}"
        for number in range(ROWS)
    ]
    lines.insert(50, lines[49])  # sent twice: a duplicate
    lines.insert(100, "x,1300,,7,0,0")  # no amount: a dead letter
    (folder / "payments.csv").write_text("id,at,euros,card,shop,fraud\n" + "\n".join(lines) + "\n")


@retry(stop=stop_after_delay(60), wait=wait_fixed(0.1), reraise=True)
def _answering(place: Place) -> None:
    assert connect(place.clickhouse()).command("SELECT 1") == 1


@pytest.fixture(scope="module")
def place(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("replay"), kafka)
    _write(place.folder)
    with (place.folder / "warehouse.log").open("wb") as log:
        warehouse = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "warehouse", "--engine", "e2e-file"],
            env=place.environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _answering(place)
            yield place
        finally:
            warehouse.terminate()
            warehouse.wait(60)


@pytest.mark.kafka
def test_a_file_is_replayed_in_two_runs_and_every_count_agrees(place: Place) -> None:
    half = place.replay("--limit", "900", "--json")
    assert half.returncode == 0, half.stdout + half.stderr
    assert json.loads(half.stdout.splitlines()[-1])["payments"] == 900
    again = place.replay()
    assert again.returncode == 1
    assert "--resume" in again.stderr
    whole = place.replay("--resume", "--json")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    figures = json.loads(whole.stdout.splitlines()[-1])
    assert figures["payments"] == ROWS + 2
    assert (figures["decisions"], figures["duplicates"], figures["dead_letters"]) == (ROWS, 1, 1)
    assert figures["clickhouse_decisions"] == ROWS
    assert figures["reasons"] == {"invalid_field": 1}
    assert figures["labels"] == ROWS + 1
    _the_independent_check_agrees_until_an_aggregate_is_wrong(place)


def _the_independent_check_agrees_until_an_aggregate_is_wrong(place: Place) -> None:
    green = place.check()
    assert green.returncode == 0, green.stdout + green.stderr
    connect(place.clickhouse(WarehouseUser.SINK)).command(
        "INSERT INTO decisions_hour (engine, hour, verdict, merchant_country, model, currency, decisions) "
        "SELECT engine, hour, verdict, merchant_country, model, currency, 1 FROM decisions_hour "
        "WHERE engine = 'e2e-file' LIMIT 1"
    )
    red = place.check()
    assert red.returncode == 1
    assert "DIFFERENT: decisions_hour: counts and amounts" in red.stdout
