"""A file of payments becomes a data set: by its map's labels or a file of them, by the kernel's vectors."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from learning.commands.dataset import command
from models.seed import seed_tables
from training.dataset.dataset import Dataset

DAY_MS = 86_400_000
MAP = """
merchant_account: shop
payment_id: "{id}"
occurred_at: {datetime: at}
amount: {column: amount, scale: 100}
currency: EUR
method: {kind: card, token: "card_{card}"}
merchant: {id: "m{shop}"}
"""
LABELLED = MAP + "label: {column: fraud, values: {0: legitimate, 1: fraud}, delay: 2d}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Payments on ten days, one a day; the seventh is repeated and the eighth has no amount."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    lines = ["id,at,amount,card,shop,fraud"]
    lines += [f"p{day},2024-01-{day + 1:02d}T12:00:00,{10 + day},{day % 2},1,{int(day == 3)}"
              for day in range(10)]  # fmt: skip
    lines[8] = lines[8].replace(",17,", ",,")
    lines.insert(8, lines[7])
    (tmp_path / "payments.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "labelled.yaml").write_text(LABELLED)
    return tmp_path


def run(folder: Path, *arguments: str, map_name: str = "labelled", fails: bool = False) -> Any:
    """The manifest, or what is said where it fails."""
    given = ["--payments", str(folder / "payments.csv"), "--map", str(folder / f"{map_name}.yaml"),
             "--out", str(folder / "made"), "--json", *arguments]  # fmt: skip
    done = CliRunner().invoke(command, given)
    if fails:
        return str(done.exception)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def labels(folder: Path) -> dict[str, int]:
    made = Dataset.load(folder / "made")
    return dict(zip(made.facts["payment_id"].to_pylist(), made.label.tolist(), strict=True))


def test_released_labels_count_and_younger_payments_have_none(folder: Path) -> None:
    manifest = run(folder, "--as-of", "2024-01-09T12:00:00")
    assert labels(folder) == {
        "p0": 0, "p1": 0, "p2": 0, "p3": 1, "p4": 0, "p5": 0, "p6": 0, "p8": -1, "p9": -1,
    }  # fmt: skip
    assert manifest["parked"] == {"refused": 1, "repeated": 1}
    assert manifest["rows"] == {"fraud": 1, "legitimate": 6, "none": 2}
    counts = Dataset.load(folder / "made").matrix(["card_payment_count_7d"])[:, 0]
    assert counts.tolist()[:5] == [0, 0, 1, 1, 2]


def test_a_file_that_names_frauds_only_leaves_the_rest_to_silence(folder: Path) -> None:
    (folder / "labels.csv").write_text(
        "payment_id,label,known_at\np2,1,2024-01-04T00:00:00\np5,fraud,2024-02-01T00:00:00\n"
        "nobody,fraud,2024-01-04T00:00:00\np1,fraud,2023-12-31T00:00:00\n"
    )
    manifest = run(
        folder, "--labels", str(folder / "labels.csv"), "--as-of", "2024-01-11T12:00:00", map_name="map"
    )
    assert manifest["settings"]["silence"] == "passed"
    assert {name for name, label in labels(folder).items() if label == 1} == {"p2"}
    assert manifest["evidence"]["waiting"] == 1
    assert manifest["parked"] == {
        "label_before_payment": 1, "refused": 1, "repeated": 1, "unknown_payment": 1,
    }  # fmt: skip
    parked = pq.read_table(folder / "made/parked.parquet").to_pylist()
    assert {row["payment_id"] for row in parked if row["kind"] == "label"} == {"nobody", "p1"}


def test_a_file_without_a_label_says_that_no_fraud_is_known(folder: Path) -> None:
    (folder / "labels.csv").write_text("payment_id,label,known_at\n")
    manifest = run(folder, "--labels", str(folder / "labels.csv"), map_name="map")
    assert manifest["rows"]["fraud"] == 0


def test_vectors_by_another_table_are_computed_anew(folder: Path) -> None:
    given = folder / "fx.csv"
    given.write_bytes(seed_tables()["fx"])
    made = [run(folder), run(folder, "--table", f"fx={given}")]
    assert len(list((folder / "home/training/vectors").glob("*.parquet"))) == 2
    assert "tables/fx" in made[1]["inputs"]
    assert made[0]["sha256"] == made[1]["sha256"]


def test_vectors_given_must_be_of_this_file_and_catalogue(folder: Path) -> None:
    first = run(folder)
    (vectors,) = (folder / "home/training/vectors").glob("*.parquet")
    assert run(folder, "--vectors", str(vectors))["sha256"] == first["sha256"]
    table = pq.read_table(vectors)
    short, foreign = folder / "short.parquet", folder / "foreign.parquet"
    pq.write_table(table.slice(0, 5), short)
    pq.write_table(table.replace_schema_metadata({"schema_hash": "ffff"}), foreign)
    assert "has 5 rows" in run(folder, "--vectors", str(short), fails=True)
    assert "is of catalogue ffff, not" in run(folder, "--vectors", str(foreign), fails=True)


@pytest.mark.parametrize(
    ("arguments", "map_name", "message"),
    [
        (["--engine", "live"], "labelled", "either --engine, or --payments"),
        ([], "map", "names no label column: give --labels"),
        (["--from", "2025-01-01"], "labelled", "no payment is between --from and --to"),
    ],
)
def test_what_does_not_fit_together_is_said(
    folder: Path, arguments: list[str], map_name: str, message: str
) -> None:
    assert message in run(folder, *arguments, map_name=map_name, fails=True)


def test_features_from_elsewhere_are_joined_as_they_were_before_each_payment(folder: Path) -> None:
    pytest.importorskip("feast")
    _own_repository(folder / "feast")
    manifest = run(folder, "--feast", str(folder / "feast"), "--feast-service", "risk")
    assert manifest["extra_features"] == ["card_risk"]
    made = Dataset.load(folder / "made")
    risk = dict(zip(made.facts["payment_id"].to_pylist(), made.matrix(["card_risk"])[:, 0], strict=True))
    # The score of card 0 changes at the very time of its payment p4: that payment must not see it.
    assert [risk[f"p{day}"] for day in (2, 4, 6, 8)] == [0.25, 0.25, 0.75, 0.75]
    assert risk["p1"] != risk["p1"]
    assert "no feature service 'mine'" in run(
        folder, "--feast", str(folder / "feast"), "--feast-service", "mine", fails=True
    )
    store = folder / "feast/feature_store.yaml"
    store.write_text(store.read_text().replace("duckdb", "file"))
    said = run(folder, "--feast", str(folder / "feast"), "--feast-service", "risk", fails=True)
    assert "loses rows in joins" in said


def _own_repository(folder: Path) -> None:
    """Another team's scores of card 0."""
    from datetime import timedelta

    import pandas as pd
    from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64, String

    from features.catalogue import Catalogue, Family
    from features.catalogue import Entity as Own
    from features.catalogue.measures import PAYMENT_COUNT
    from streams.feast.repository import Repository, quiet

    catalogue = Catalogue((Own("customer", "c"),), (Family("customer", PAYMENT_COUNT, ("1h",)),))
    store = Repository(folder).apply(catalogue, {})
    times = pd.to_datetime(["2024-01-01T12:00:00", "2024-01-05T12:00:00"], utc=True)
    table = {"card": ["card_0"] * 2, "event_timestamp": times.astype("datetime64[us, UTC]"),
             "card_risk": [0.25, 0.75]}  # fmt: skip
    pq.write_table(pa.table(table), folder / "risk.parquet")
    with quiet():
        card = Entity(name="card", join_keys=["card"], value_type=ValueType.STRING)
        source = FileSource(name="risk", path=str(folder / "risk.parquet"), timestamp_field="event_timestamp")
        fields = [Field(name="card", dtype=String), Field(name="card_risk", dtype=Float64)]
        view = FeatureView(name="risk", entities=[card], ttl=timedelta(0), schema=fields, source=source)
        store.apply([card, source, view, FeatureService(name="risk", features=[view])])
