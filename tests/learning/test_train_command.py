"""`tollgate train` from end to end: data set, model, report, MLflow; and what it says where it cannot."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from features.catalogue import CATALOGUE
from learning.commands.train import command
from models.scoring.model import Scorer
from streams.errors import Misconfigured
from tests.support.mlflow_home import fresh
from training.registry import Registry

MAP = """
merchant_account: shop
payment_id: "{id}"
occurred_at: {datetime: at}
amount: {column: amount}
currency: EUR
method: {kind: card, token: "card_{card}"}
merchant: {id: "m{shop}"}
label: {column: fraud, values: {0: legitimate, 1: fraud}, delay: 2d}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty days of a few cards; dear payments are mostly fraud."""
    folder = tmp_path_factory.mktemp("train")
    draw = np.random.default_rng(1)
    n = 4_000
    at = np.datetime64("2024-01-01") + np.sort(draw.integers(0, 80 * 86_400, n)).astype("timedelta64[s]")
    amount = draw.integers(100, 20_000, n)
    fraud = draw.random(n) < np.where(amount > 18_000, 0.6, 0.02)
    columns = zip(at, amount, draw.integers(0, 200, n), draw.integers(0, 5, n), fraud, strict=True)
    lines = [f"p{i},{when},{a},{c},{s},{int(f)}" for i, (when, a, c, s, f) in enumerate(columns)]
    (folder / "payments.csv").write_text("\n".join(["id,at,amount,card,shop,fraud", *lines]) + "\n")
    (folder / "map.yaml").write_text(MAP)
    return folder


def run(folder: Path, *arguments: str) -> Any:
    given = ["--payments", str(folder / "payments.csv"), "--map", str(folder / "map.yaml"), *arguments]
    return CliRunner().invoke(command, given)


def test_a_model_its_report_and_its_place_in_mlflow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(folder / "home"))
    fresh(folder / "home/mlflow")
    done = run(folder, "--trees", "30", "--tune", "3", "--negatives", "0.5", "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout.splitlines()[-1])
    assert document["metrics"]["roc_auc"] > 0.7
    assert set(document["figures"]["ROC AUC"]) == {
        "this model", "LightGBM defaults", "logistic regression", "perfect",
    }  # fmt: skip
    out = Path(document["out"])
    artefact = (out / "model.json").read_bytes()
    assert Scorer.load(artefact, CATALOGUE.names).version == document["version"]
    page = (out / "report.html").read_text()
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert [base64.b64decode(each)[:4] for each in pictures] == [b"\x89PNG"] * 6
    assert not re.search(r'(src|href)="(?!data:)', page)
    for heading in ("Drift", "Settings tried", "By segment", "amount_eur_cents"):
        assert heading in page
    assert "| ROC AUC |" in (out / "model-card.md").read_text()
    assert len(json.loads((out / "trials.json").read_text())) == 3
    registry = Registry.open("map", folder / "home/mlflow")
    challenger = registry.aliased("challenger")
    assert challenger is not None
    assert (challenger.version, challenger.sha256) == (document["registered"], document["sha256"])
    assert registry.artefact(challenger) == artefact


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "2024-01-09"], "takes 20 of each: take more time"),
        (["--as-of", "2024-01-01"], "is known to be fraud"),
        (["--from", "2025-01-01"], "no payment is between --from and --to"),
        (
            ["--dataset", "nowhere", "--from", "2024-01-09", "--negatives", "0.5"],
            "is a data set already: leave out --payments, --map, --from, --negatives",
        ),
    ],
)
def test_what_cannot_be_learned_from_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(folder / "home"))
    failure = run(folder, *arguments).exception
    assert isinstance(failure, Misconfigured)
    assert message in str(failure)
