"""`tollgate evaluate` on a small file: its scores, its figures, and that labels do not leak."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from learning.evaluation.evaluation import BY_DAY, BY_TRAINING, CARD_PRECISION, EVERYTHING, own_id_column
from streams.cli import group, main
from streams.sources.files.replay_map import load, parse
from training.fit.figures import AUC, PRECISION

DAYS, PER_DAY = 44, 45
MAP = """
merchant_account: shop
payment_id: "row-{row}"
occurred_at: {terms: {second: s}}
amount: {column: cents}
currency: EUR
method: {kind: card, token: "card_{card}"}
merchant: {id: "shop_{shop}"}
label: {column: fraud, values: {0: legitimate, 1: fraud}, delay: 7d}
"""
OPTIONS = (
    "--from", "1970-02-03", "--to", "1970-02-13", "--retrain", "5d", "--delay", "7d", "--tune", "1",
)  # fmt: skip


def payments(seed: int = 3) -> pd.DataFrame:
    """Frauds are large, and come in bursts of a card at a shop."""
    draw = np.random.default_rng(seed)
    n = DAYS * PER_DAY
    fraud = draw.random(n) < 0.12
    return pd.DataFrame(
        {
            "row": np.arange(n) + 1_000,
            "second": np.sort(draw.integers(0, DAYS * 86_400, n)),
            "cents": np.where(fraud, draw.integers(2_000, 50_000, n), draw.integers(100, 9_000, n)),
            "card": np.where(fraud, draw.integers(0, 15, n), draw.integers(0, 300, n)),
            "shop": draw.integers(0, 20, n),
            "fraud": fraud.astype(np.int64),
        }
    )


def evaluated(folder: Path, frame: pd.DataFrame, *options: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """The closing document and the scores."""
    folder.mkdir(exist_ok=True)
    file, map_file, scores = folder / "payments.parquet", folder / "map.yaml", folder / "scores.parquet"
    frame.to_parquet(file)
    map_file.write_text(MAP)
    given = ["evaluate", "--payments", str(file), "--map", str(map_file), "--scores", str(scores)]
    result = CliRunner().invoke(group, [*given, *OPTIONS, "--json", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1]), pd.read_parquet(scores)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("TOLLGATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], pd.DataFrame]:
    return evaluated(tmp_path_factory.mktemp("plain"), payments(), "--drop-known", "--no-references")


def within(frame: pd.DataFrame) -> pd.DataFrame:
    """The payments that `OPTIONS` ask for."""
    return frame[(frame.second >= 33 * 86_400) & (frame.second < 43 * 86_400)]


def test_scores_have_the_files_own_ids_one_a_payment(plain: tuple[dict[str, Any], pd.DataFrame]) -> None:
    _, scores = plain
    assert scores.columns.tolist() == ["payment_id", "probability"]
    assert scores.payment_id.tolist() == within(payments()).row.tolist()
    assert scores.probability.between(0, 1).all()


def test_figures_of_all_and_without_known_cards(plain: tuple[dict[str, Any], pd.DataFrame]) -> None:
    document, scores = plain
    assert list(document["figures"]) == [EVERYTHING, BY_TRAINING, BY_DAY]
    ours, perfect = (document["figures"][EVERYTHING][name] for name in ("this model", "perfect"))
    assert ours[AUC] > 0.7
    assert perfect[AUC] == perfect[PRECISION] == 1
    assert 0 < ours[CARD_PRECISION] <= perfect[CARD_PRECISION]
    counts = [document["payments"][name]["frauds"] for name in (EVERYTHING, BY_TRAINING, BY_DAY)]
    assert counts[0] == int(within(payments()).fraud.sum())
    assert counts[0] > counts[1] >= counts[2]
    assert document["payments"][EVERYTHING]["payments"] == len(scores)


def test_known_cards_are_those_of_the_published_protocol(plain: tuple[dict[str, Any], pd.DataFrame]) -> None:
    document, _ = plain
    frame, day = payments(), 86_400
    left = {BY_TRAINING: 0, BY_DAY: 0}
    for start in (33, 38):
        for k in range(5):
            today = frame[(frame.second >= (start + k) * day) & (frame.second < (start + k + 1) * day)]
            for name, until in ((BY_TRAINING, start - 7), (BY_DAY, start - 7 + k)):
                recent = frame[(frame.fraud == 1) & (frame.second >= (start - 14) * day)]
                known = set(recent[recent.second < until * day].card)
                left[name] += int((~today.card.isin(known)).sum())
    assert {name: document["payments"][name]["payments"] for name in left} == left


def test_labels_in_another_file_in_any_form_give_the_same_scores(
    plain: tuple[dict[str, Any], pd.DataFrame], tmp_path: Path
) -> None:
    frame = payments()
    forms = {
        "by the map's id": frame.assign(payment_id="row-" + frame.row.astype(str), label=frame.fraud),
        "by the file's own id": frame.assign(payment_id=frame.row, label=frame.fraud),
        "by the map's columns": frame[["row", "fraud"]],
        "when they were known": frame[["row", "fraud"]].assign(known_at=1000 * frame.second + 7 * 86_400_000),
    }
    for name, labels in forms.items():
        path = tmp_path / "labels.parquet"
        kept = [column for column in ("payment_id", "label") if column in labels]
        labels[kept or list(labels)].to_parquet(path)
        _, scores = evaluated(tmp_path / "run", frame, "--labels", str(path), "--no-references")
        assert scores.equals(plain[1]), name


def test_unreleased_labels_change_no_score(
    plain: tuple[dict[str, Any], pd.DataFrame], tmp_path: Path
) -> None:
    frame = payments()
    late = np.flatnonzero(frame.second + 7 * 86_400 >= 43 * 86_400)
    shuffled = frame.fraud.to_numpy().copy()
    shuffled[late] = shuffled[np.random.default_rng(1).permutation(late)]
    assert (shuffled != frame.fraud).any()
    _, scores = evaluated(tmp_path, frame.assign(fraud=shuffled), "--no-references")
    assert scores.equals(plain[1])


def test_labels_that_come_too_early_change_scores(
    plain: tuple[dict[str, Any], pd.DataFrame], tmp_path: Path
) -> None:
    """So the test above can fail: with a shorter delay the same labels are released in time."""
    _, scores = evaluated(tmp_path, payments(), "--no-references", "--delay", "1d")
    assert not scores.equals(plain[1])


def test_payments_whose_labels_are_held_back_are_scored_and_not_measured(tmp_path: Path) -> None:
    """As somebody has it who keeps the labels of the time that is scored."""
    frame = payments()
    known = frame[frame.second < 33 * 86_400]
    labels = tmp_path / "labels.parquet"
    pd.DataFrame({"payment_id": known.row, "label": known.fraud}).to_parquet(labels)
    document, scores = evaluated(tmp_path, frame, "--labels", str(labels), "--no-references", "--drop-known")
    assert scores.payment_id.tolist() == within(frame).row.tolist()
    assert document["payments"][EVERYTHING] == {"payments": 0, "frauds": 0}
    assert set(document["figures"][EVERYTHING]["this model"].values()) == {None}


def test_without_label_features_labels_still_teach(
    plain: tuple[dict[str, Any], pd.DataFrame], tmp_path: Path
) -> None:
    document, _ = evaluated(tmp_path, payments(), "--no-references", "--without-label-features")
    assert document["figures"][EVERYTHING]["this model"][AUC] > 0.6
    assert document["features"] < plain[0]["features"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--from", "1970-02-03", "--to", "1970-02-03"), "must be after --from"),
        (("--from", "1970-01-04", "--to", "1970-01-05"), "too few to learn from"),
        (("--from", "1999-02-03", "--to", "1999-02-04"), "no payment is between"),
        ((*OPTIONS, "--retrain", "0d"), "--retrain must be greater than zero"),
        ((*OPTIONS, "--scores", "/dev/null/scores.parquet"), "/dev/null cannot be"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    payments().to_parquet(tmp_path / "p.parquet")
    (tmp_path / "m.yaml").write_text(MAP)
    given = ["--payments", tmp_path / "p.parquet", "--map", tmp_path / "m.yaml", "--scores", tmp_path / "s"]
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", *map(str, given), *options])
    assert ended.value.code == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_a_payment_the_engine_would_refuse_has_the_base_rate(
    plain: tuple[dict[str, Any], pd.DataFrame], tmp_path: Path
) -> None:
    frame = payments()
    frame.loc[within(frame).index[3], "cents"] = -5
    document, scores = evaluated(tmp_path, frame, "--no-references")
    assert document["without_vector"] == 1
    assert len(scores) == len(plain[1])
    assert scores.probability[3] == pytest.approx(frame.fraud.mean(), rel=0.3)


def test_ids_are_the_column_that_the_map_reads() -> None:
    assert own_id_column(load("handbook")) == "TRANSACTION_ID"
    assert own_id_column(load("sparkov")) == "row"
    assert own_id_column(load("ucsd_fico")) == "seq"
    assert own_id_column(parse(MAP.replace("row-{row}", "{row}-{card}"), "a map")) is None
