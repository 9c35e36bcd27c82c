"""A world's files can be read as any other payments, and labels come as they become known."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from features.catalogue import CATALOGUE
from models.messages.payment import Payment
from models.units import DAY_MS
from simulation.world.world import World
from streams.commands.traffic.world import command
from streams.sources.files.label_file import LabelFile
from streams.sources.files.replay_map import load
from streams.sources.traffic.world_files import write_world
from streams.sources.vectors.compute import reference_tables
from streams.sources.vectors.feature_history import FeatureHistory
from streams.sources.vectors.history_block import VectorSource

DAYS, START = 12, 1_735_689_600_000
WORLD = World(3, START, per_day=300, days=DAYS, fraud=0.03)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world")
    write_world(WORLD, path / "payments.parquet", path / "labels.parquet", path / "truth.parquet")
    return path


@pytest.fixture(scope="module")
def labels(folder: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(folder / "labels.parquet").to_pylist()
    return rows


def test_the_map_makes_the_very_payments_that_the_world_sends(folder: Path) -> None:
    known = LabelFile.read(folder / "labels.parquet", None)
    source = VectorSource(folder / "payments.parquet", load("world"), labels=known)
    history = FeatureHistory(source, CATALOGUE, reference_tables())
    read: list[Payment | None] = [payment for block in history for payment in block.payments]
    assert read == [payment for day in range(DAYS) for payment in WORLD.day(day)]
    assert not history.counts.refused
    assert history.counts.labels == len(known)


def test_labels_are_those_of_the_truth_and_known_after_their_payment(
    folder: Path, labels: list[dict[str, object]]
) -> None:
    truths = {row["payment_id"]: row for row in pq.read_table(folder / "truth.parquet").to_pylist()}
    paid = {
        row["payment_id"]: row["occurred_at"]
        for row in pq.read_table(folder / "payments.parquet").to_pylist()
    }
    for row in labels:
        truth = truths[row["payment_id"]]
        assert row["known_at"] > paid[row["payment_id"]]
        if row["label"] == "fraud":
            assert truth["reported"]
        if row["label"] == "unknown" and row["known_at"] - paid[row["payment_id"]] > DAY_MS:
            assert not truth["declined"], "refunded later"
        if truth["declined"]:
            assert row["label"] == "unknown", "what the issuer declined is neither fraud nor legitimate"


def test_silence_makes_legitimate_only_until_evidence_comes(labels: list[dict[str, Any]]) -> None:
    by_payment: dict[object, list[dict[str, Any]]] = {}
    for row in labels:
        by_payment.setdefault(row["payment_id"], []).append(row)
    for rows in by_payment.values():
        known = [row["known_at"] for row in rows]
        assert known == sorted(known)
    changed = [rows for rows in by_payment.values() if len(rows) > 1 and rows[-1]["label"] == "fraud"]
    assert changed
    assert all(rows[0]["label"] == "legitimate" for rows in changed)


def test_the_same_options_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    arguments = ["--days", str(DAYS), "--per-day", "300", "--seed", "3", "--fraud", "0.03", "--json",
                 "--labels", str(tmp_path / "labels.parquet")]  # fmt: skip
    result = CliRunner().invoke(command, [str(tmp_path / "payments.parquet"), *arguments])
    assert result.exit_code == 0, result.output
    said = json.loads(result.output.splitlines()[-1])
    assert said["payments"] == pq.read_metadata(folder / "payments.parquet").num_rows
    for name in ("payments.parquet", "labels.parquet"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_run_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(WORLD, tmp_path / "payments.parquet", progress=stop)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "none" / "payments.parquet"), "--days", "1"])
    assert result.exit_code != 0
    assert "cannot be written" in str(result.exception)


def test_the_schema_is_what_the_map_reads(folder: Path) -> None:
    names = set(pa.parquet.read_schema(folder / "payments.parquet").names)
    assert set(load("world").columns()) == names
