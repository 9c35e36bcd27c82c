"""A data set says of each payment what was known on a day, weighs it, and is the same every time."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.labels import standing_label
from tests.training.sample_history import Attempt, Hand, Said, history, millis
from training.dataset.dataset import Dataset, build_dataset, parked
from training.dataset.labels import NONE, AttemptLabels
from training.dataset.settings import DatasetSettings
from training.dataset.silence import weight_of_silence
from training.errors import DatasetDamaged, DatasetError
from training.measures.platt_scaling import prior_shift_of

LATE = millis(400)


def made(folder: Path, of: Hand, as_of: int = LATE, **more: Any) -> Dataset:
    return build_dataset(of, DatasetSettings(as_of=as_of, **more), folder)


def labels(folder: Path, of: Hand, as_of: int = LATE, **more: Any) -> list[int]:
    return made(folder, of, as_of, **more).label.tolist()


def test_rows_are_in_order_with_vector_label_weight_and_facts(tmp_path: Path) -> None:
    found = made(tmp_path, history([Attempt(day) for day in range(20)], [Said(3)]))
    assert found.label.tolist() == [0] * 3 + [1] + [0] * 16
    assert found.matrix(["day", "row"])[:, 1].tolist() == list(range(20))
    assert found.known_at[3] == millis(8)
    assert found.known_at[4] == -1
    assert found.weight.tolist() == [1.0] * 20
    assert (found.occurred_at == [millis(day) for day in range(20)]).all()
    assert set(found.segments) == {"currency", "method", "merchant_id", "merchant_country", "channel"}
    assert found.facts["source"].to_pylist()[2:4] == ["silence", "chargeback"]
    assert found.manifest.rows == {"fraud": 1, "legitimate": 19, "none": 0}
    assert found.manifest.sources == {"chargeback": 1, "silence": 19}
    assert found.manifest.prior == pytest.approx(1 / 20)


def test_an_attack_that_the_issuer_declined_adds_no_negatives(tmp_path: Path) -> None:
    attack = [Attempt(1, captured=False, stopped_day=1.01)] * 500
    found = made(tmp_path, history([Attempt(0), *attack, Attempt(2)], [Said(0)]))
    assert found.manifest.rows == {"fraud": 1, "legitimate": 1, "none": 500}
    assert found.weight.sum() == 2.0


@pytest.mark.parametrize(
    ("fate", "label"),
    [
        (Attempt(), 0),
        (Attempt(captured=False), -1),
        (Attempt(captured=False, passed=False), -1),
        (Attempt(stopped_day=0.5), -1),
        (Attempt(refunded_day=3), -1),
        (Attempt(stopped_day=0.0), 0),
        (Attempt(passed=False), 0),
    ],
    ids=["captured", "abandoned", "failed challenge", "voided", "refunded", "declined before", "challenged"],
)
def test_only_what_was_paid_and_kept_is_a_negative_by_silence(
    tmp_path: Path, fate: Attempt, label: int
) -> None:
    assert labels(tmp_path, history([fate])) == [label]


def test_a_label_counts_whatever_became_of_the_payment_or_who_bears_the_loss(tmp_path: Path) -> None:
    refunded, declined = Attempt(refunded_day=2), Attempt(captured=False, stopped_day=0.1)
    said = [Said(0), Said(1, source="analyst"), Said(2, "legitimate", source="analyst")]
    assert labels(tmp_path, history([refunded, declined, declined], said)) == [1, 1, 0]


def test_without_outcomes_what_was_let_through_counts(tmp_path: Path) -> None:
    open_ended = [Attempt(captured=False), Attempt(captured=False, passed=False), Attempt(refunded_day=1)]
    assert labels(tmp_path, history(open_ended), silence="passed") == [0, -1, -1]
    assert labels(tmp_path, history(open_ended), silence="never") == [-1, -1, -1]


def test_nothing_learned_after_the_day_changes_a_row(tmp_path: Path) -> None:
    attempts = [Attempt(0, refunded_day=30), Attempt(1), Attempt(2)]
    early = [Said(1, days=3), Said(2, "legitimate", days=4)]
    late = [Said(1, "legitimate", days=29, source="analyst"), Said(2, days=40)]
    day = millis(20)
    then = made(tmp_path / "then", history(attempts, early), day)
    now = made(tmp_path / "now", history([Attempt(0), *attempts[1:]], early + late), day)
    assert now.label.tolist() == [0, 1, 0]
    assert (tmp_path / "then/dataset.parquet").read_bytes() == (tmp_path / "now/dataset.parquet").read_bytes()
    assert (then.manifest.evidence["waiting"], now.manifest.evidence["waiting"]) == (0, 2)
    assert labels(tmp_path / "later", history(attempts, early + late)) == [-1, 0, 1]


def test_of_several_labels_the_strongest_stands_then_the_last(tmp_path: Path) -> None:
    said = [
        Said(0, "legitimate", days=1, source="analyst"), Said(0, "fraud", days=9, source="chargeback"),
        Said(1, "fraud", days=1), Said(1, "friendly", days=9),
        Said(2, "fraud", days=1), Said(2, "unknown", days=2, source="arbitration"),
        Said(3, "legitimate", days=5, source="refund"), Said(3, "fraud", days=1, source="fraud_notice"),
    ]  # fmt: skip
    found = made(tmp_path, history([Attempt()] * 4, said))
    assert found.label.tolist() == [0, -1, -1, 1]
    assert found.manifest.evidence["replaced"] == 4


@pytest.mark.parametrize(("as_of_day", "label"), [(4, 0), (5, 1), (10, 1), (29, 1), (30, 1), (400, 1)])
def test_a_fraud_notice_stands_until_the_chargeback_comes(tmp_path: Path, as_of_day: int, label: int) -> None:
    """Notice on day 5, chargeback on day 30: as of day 10 the payment is fraud, known since day 5."""
    evidence = [Said(0, days=5, source="fraud_notice"), Said(0, days=30)]
    dataset = made(tmp_path, history([Attempt(0)], evidence), millis(as_of_day))
    assert dataset.label.tolist() == [label]
    assert dataset.manifest.evidence["replaced"] == (as_of_day >= 30)
    assert dataset.facts["source"].to_pylist()[0] == (
        "silence" if as_of_day < 5 else "fraud_notice" if as_of_day < 30 else "chargeback"
    )


@pytest.mark.parametrize("as_of_day", [7, 12, 400])
def test_a_later_weaker_review_does_not_overrule_a_chargeback(tmp_path: Path, as_of_day: int) -> None:
    evidence = [Said(0, days=6), Said(0, "legitimate", days=9, source="review")]
    assert labels(tmp_path, history([Attempt(0)], evidence), millis(as_of_day)) == [1]


def test_maturity_counts_from_the_first_notice_of_what_stands(tmp_path: Path) -> None:
    """Delays are 2 days, though arbitration ends the disputes on day 90."""
    attempts = [Attempt(day) for day in range(40)]
    evidence = [Said(row, days=2, source="fraud_notice") for row in range(40)]
    evidence += [Said(row, days=90, source="arbitration", final=True) for row in range(40)]
    dataset = made(tmp_path, history(attempts, evidence))
    assert dict(dataset.manifest.maturity)[2.0] == 1.0


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["fraud", "legitimate", "friendly", "unknown"]),
            st.integers(1, 20),
            st.sampled_from(["fraud_notice", "chargeback", "review", "analyst", "arbitration", "refund"]),
        ),
        max_size=12,
    )
)
def test_one_history_of_labels_answers_for_every_day(said: list[tuple[int, str, int, str]]) -> None:
    """As if only the labels known by then had been given, and one after another by the scalar rule."""
    evidence = [Said(row, label, days, source) for row, label, days, source in said]
    whole = history([Attempt(0)] * 4, evidence)
    label_history = AttemptLabels(whole.attempts, whole.evidence)
    codes = {"fraud": 1, "legitimate": 0}
    for day in (0, 5, 10, 20):
        got = label_history.labels(DatasetSettings(as_of=millis(day), silence="never")).label.tolist()
        wanted = [NONE] * 4
        for row in range(4):
            mine = [_ranked(each) for each in evidence if each.row == row]
            stands = standing_label(mine, millis(day))
            if stands is not None:
                wanted[row] = codes.get(stands.label, NONE)
        assert got == wanted


class _Ranked(NamedTuple):
    label: str
    source: str
    final: bool
    known_at: int


def _ranked(said: Said) -> _Ranked:
    return _Ranked(said.label, said.source, said.final, millis(said.days))


@pytest.mark.parametrize(("friendly", "label"), [("excluded", -1), ("legitimate", 0), ("fraud", 1)])
def test_friendly_fraud_is_what_the_setting_says(tmp_path: Path, friendly: str, label: int) -> None:
    assert labels(tmp_path, history([Attempt()], [Said(0, "friendly")]), friendly=friendly) == [label]


def test_labels_by_silence_on_the_log_are_judged_anew(tmp_path: Path) -> None:
    said = [Said(0, "legitimate", source="silence"), Said(1, "legitimate", source="silence")]
    found = made(tmp_path, history([Attempt(), Attempt(refunded_day=9)], said))
    assert found.label.tolist() == [0, -1]
    assert found.manifest.evidence["by_silence"] == 2


def test_what_cannot_be_used_is_parked_with_its_reason(tmp_path: Path) -> None:
    said = [
        Said(-1), Said(-2), Said(0, days=-1), Said(1, "fraud"), Said(1, "legitimate"), Said(2), Said(2),
    ]  # fmt: skip
    found = made(tmp_path, history([Attempt(), Attempt(), Attempt()], said))
    reasons = {"contradicted": 1, "label_before_payment": 1, "payment_parked": 1, "unknown_payment": 1}
    assert found.manifest.parked == reasons
    rows = list(parked(tmp_path))
    assert sorted(row["reason"] for row in rows) == sorted(reasons)
    (contradicted,) = [row for row in rows if row["reason"] == "contradicted"]
    assert (contradicted["payment_id"], contradicted["label"]) == ("p1", "fraud")
    assert found.label.tolist() == [0, 0, 1]
    used = int((found.known_at >= 0).sum())
    evidence = found.manifest.evidence
    accounted = used + sum(reasons.values()) + evidence["replaced"] + evidence["waiting"]
    assert accounted == len(said)


def test_young_silence_weighs_what_the_delays_say_and_frauds_weigh_in_full(tmp_path: Path) -> None:
    frauds = [Attempt(day / 10) for day in range(100)]
    said = [Said(row, days=2 if row % 2 else 6) for row in range(100)]
    silent = [Attempt(195 + day) for day in (0.5, 2, 4)]
    found = made(tmp_path, history([*frauds, *silent], said), millis(200))
    assert found.weight[:100].tolist() == [1.0] * 100
    assert found.weight[100:].tolist() == [0.5, 0.5, 0.0]
    assert found.label[100:].tolist() == [0, 0, -1]
    assert dict(found.manifest.maturity)[5] == 0.5


def test_a_payment_is_silent_until_it_is_first_spoken_of(tmp_path: Path) -> None:
    """A dispute that ends months after its fraud notice was no silence meanwhile."""
    frauds = [Attempt(day / 10) for day in range(100)]
    said = [Said(row, days=2) for row in range(100)] + [Said(row, days=90) for row in range(100)]
    found = made(tmp_path, history(frauds, said), millis(200))
    assert found.known_at.tolist() == [millis(day / 10 + 90) for day in range(100)]
    assert dict(found.manifest.maturity)[1] == 0.0
    assert dict(found.manifest.maturity)[2] == 1.0


def test_the_delays_of_young_payments_do_not_make_the_curve_too_fast() -> None:
    draw = np.random.default_rng(1)
    delay, age = draw.integers(1, 31, 200_000).astype(float), draw.integers(0, 40, 200_000).astype(float)
    seen = delay <= age
    weight = weight_of_silence(delay[seen], age[seen])(np.array([0.0, 10.0, 20.0, 30.0]))
    naive = np.mean(delay[seen] <= 10)
    assert naive > 0.45
    np.testing.assert_allclose(weight, [0, 1 / 3, 2 / 3, 1], atol=0.02)


def test_a_wrong_time_stamp_makes_no_endless_curve() -> None:
    weight = weight_of_silence(np.array([3.0] * 39 + [1e9]), np.full(40, 1e12))
    assert weight(np.array([2.0, 3.0, 1e12])).tolist() == [0.0, 39 / 40, 1.0]


@given(st.lists(st.integers(0, 60), min_size=30, max_size=60))
def test_the_weight_of_silence_never_falls_and_stays_a_share(days: list[int]) -> None:
    delay = np.array(days, np.float64)
    weight = weight_of_silence(delay, np.full(len(days), 60.0))(np.arange(0, 70, 0.5))
    assert (np.diff(weight) >= 0).all()
    assert weight[0] >= 0.0
    assert weight[-1] == 1.0


def test_what_only_the_draw_let_through_weighs_for_those_it_did_not(tmp_path: Path) -> None:
    drawn, rarely = Attempt(propensity=0.1, holdout=True), Attempt(propensity=0.01, holdout=True)
    attempts = [drawn, Attempt(propensity=0.1), rarely]
    found = made(tmp_path, history(attempts, [Said(0)]), holdout_weight_max=50.0)
    assert found.weight.tolist() == pytest.approx([10.0, 1.0, 50.0])
    holdout = found.manifest.holdout
    assert (holdout.weighted, holdout.capped, holdout.most) == (2, 1, 50.0)
    assert found.manifest.prior == pytest.approx(10 / 61)


def test_sampling_keeps_frauds_and_the_later_weeks_and_says_its_rate(tmp_path: Path) -> None:
    attempts = [Attempt(day / 100) for day in range(4_000)]
    said = [Said(row) for row in range(0, 4_000, 40)]
    found = made(tmp_path, history(attempts, said), negatives=0.25, whole_from=millis(30))
    whole = found.occurred_at >= millis(30)
    assert int(found.label.sum()) == 100
    assert int(whole.sum()) == 1_000
    kept = int((found.label[~whole] == 0).sum())
    assert 0.2 < kept / 2_925 < 0.3
    assert found.manifest.sampling.left_out == 2_925 - kept
    assert found.manifest.prior == pytest.approx(100 / 4_000)
    other = made(tmp_path / "late", history(attempts[500:], []), negatives=0.25, whole_from=millis(30))
    assert 0 < len(other) < 3_500


def test_prior_shift_undoes_the_sample() -> None:
    before, share = 0.01, 0.1
    odds_in_sample = before / ((1 - before) * share)
    odds = np.exp(np.log(odds_in_sample) + prior_shift_of(share))
    assert odds / (1 + odds) == pytest.approx(before)


@settings(max_examples=5)
@given(st.integers(1, 50), st.integers(1, 50))
def test_the_same_payments_give_the_same_bytes_however_they_are_read(one: int, other: int) -> None:
    import tempfile

    attempts, said = [Attempt(day) for day in range(60)], [Said(row) for row in (3, 30)]
    with tempfile.TemporaryDirectory() as name:
        for block in (one, other):
            made(Path(name) / str(block), history(attempts, said, block))
        files = [
            (Path(name) / str(block) / file).read_bytes()
            for file in ("dataset.parquet", "parked.parquet", "manifest.json")
            for block in (one, other)
        ]
    assert files[0::2] == files[1::2]


def test_row_groups_do_not_show_where_blocks_were_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.dataset.file.ROW_GROUP_ROWS", 16)
    attempts = [Attempt(day) for day in range(50)]
    paths = [tmp_path / str(block) for block in (3, 50)]
    for path, block in zip(paths, (3, 50), strict=True):
        made(path, history(attempts, [], block))
    one, other = ((path / "dataset.parquet").read_bytes() for path in paths)
    assert one == other
    assert Dataset.load(paths[0]).matrix(["row"])[:, 0].tolist() == list(range(50))


def test_a_range_without_payments_says_where_there_are_some(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"from 2024-10-04.* to 2024-10-06"):
        made(tmp_path, history([Attempt(0), Attempt(2)]), start=millis(3))
    with pytest.raises(DatasetError, match="no payments with vectors"):
        made(tmp_path, history([]))


def test_a_range_cuts_rows_but_not_what_delays_are_learned_from(tmp_path: Path) -> None:
    attempts = [Attempt(day) for day in range(100)]
    said = [Said(row, days=4) for row in range(50)]
    found = made(tmp_path, history(attempts, said), millis(200), start=millis(90), end=millis(95))
    assert found.matrix(["row"])[:, 0].tolist() == [90, 91, 92, 93, 94]
    assert dict(found.manifest.maturity)[3] == 0.0
    assert dict(found.manifest.maturity)[5] == 1.0


def test_a_missing_feature_is_named_with_what_is_close(tmp_path: Path) -> None:
    found = made(tmp_path, history([Attempt()]))
    with pytest.raises(DatasetError, match=r"lacks 1 of 2 features: dya \(closest: day\).*catalogue abc"):
        found.matrix(["row", "dya"])


def test_a_changed_a_cut_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    made(tmp_path, history([Attempt()] * 50))
    path = tmp_path / "dataset.parquet"
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]):
        path.write_bytes(damaged)
        with pytest.raises(DatasetDamaged, match="was changed since it was made"):
            Dataset.load(tmp_path)
    path.unlink()
    with pytest.raises(DatasetDamaged, match="is missing"):
        Dataset.load(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DatasetDamaged, match="cannot be read"):
        Dataset.load(tmp_path)
    with pytest.raises(DatasetError, match="tollgate dataset"):
        Dataset.load(tmp_path / "nowhere")


def test_a_broken_off_build_leaves_no_data_set(tmp_path: Path) -> None:
    made(tmp_path, history([Attempt()] * 5))

    class Broken(Hand):
        def vectors(self, rows: np.ndarray) -> Any:  # noqa: ARG002
            yield np.zeros((1, 2))
            raise OSError("the disk is gone")

    whole = history([Attempt()] * 5)
    with pytest.raises(OSError, match="gone"):
        made(tmp_path, Broken(whole.attempts, whole.evidence, whole.parked))
    with pytest.raises(DatasetError):
        Dataset.load(tmp_path)


def test_one_class_and_no_labels_are_a_data_set_that_says_so(tmp_path: Path) -> None:
    only_silent = made(tmp_path / "a", history([Attempt()] * 3))
    assert (only_silent.manifest.prior, only_silent.manifest.rows["fraud"]) == (0.0, 0)
    nothing = made(tmp_path / "b", history([Attempt(captured=False)] * 3))
    assert nothing.manifest.prior is None
    assert msgspec.json.decode((tmp_path / "b/manifest.json").read_bytes())["rows"]["none"] == 3
