"""A challenger against the champion: each gate on both sides of its bound, and nobody gets in by chance."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import msgspec
import numpy as np
import pytest

from models.scoring.model import ModelArtefact, Scorer
from models.units import DAY_MS
from tests.support import model_cases as models
from tests.support.model_cases import HASH, JUDGED_DAYS, LEARNED_DAYS, NAMES, START, Cases
from training.errors import ChampionUnusable
from training.gates import artefact_gates, quality_gates
from training.gates.evidence_gates import learned_until, matured_until
from training.gates.gate import Gate, GateBounds
from training.gates.gates import NAMES as GATES
from training.gates.gates import GateResults, judge_challenger
from training.gates.matured_payments import MaturedPayments, cost, matured_payments
from training.measures.day_blocks import DayBlocks
from training.policy_comparison.costs import POLICY

END = START + (LEARNED_DAYS + JUDGED_DAYS) * DAY_MS


@pytest.fixture(scope="module")
def of() -> Cases:
    return models.cases()


@pytest.fixture(scope="module")
def good(of: Cases) -> bytes:
    """Knows both columns that tell."""
    return models.artefact(of)


@pytest.fixture(scope="module")
def weak(of: Cases) -> bytes:
    """Knows one of them."""
    return models.artefact(of, (NAMES[0], NAMES[3]))


def as_dataset(of: Cases) -> Any:
    """What the gates read of a data set; `Cases` has just that."""
    return of


def gates(challenger: bytes, champion: bytes, of: Cases, bounds: GateBounds | None = None) -> GateResults:
    return judge_challenger(challenger, champion, as_dataset(of), NAMES, HASH, bounds=bounds)


def gate(found: GateResults, name: str) -> Gate:
    return next(one for one in found.gates if one.name == name)


def refused(found: GateResults) -> list[str]:
    return [one.name for one in found.refusals]


def test_a_better_model_passes_every_gate(of: Cases, good: bytes, weak: bytes) -> None:
    found = gates(good, weak, of)
    assert found.passed
    assert [one.name for one in found.gates] == list(GATES)
    assert (found.start, found.end) == (START + LEARNED_DAYS * DAY_MS, END)


def test_a_worse_model_is_held_back_by_cost_and_precision(of: Cases, good: bytes, weak: bytes) -> None:
    found = gates(weak, good, of)
    assert not found.passed
    assert {"better_by_cost", "better_by_precision"} <= set(refused(found))


def test_the_champion_does_not_beat_itself(of: Cases, good: bytes) -> None:
    assert refused(gates(good, good, of)) == ["better_by_cost", "better_by_precision"]


def test_a_model_of_shuffled_labels_does_not_pass(of: Cases, weak: bytes) -> None:
    shuffled = np.random.default_rng(2).permutation(of.label)
    found = gates(models.artefact(of, label=shuffled), weak, of)
    assert {"better_by_cost", "better_by_precision"} <= set(refused(found))


def test_the_same_inputs_give_the_same_answers(of: Cases, good: bytes, weak: bytes) -> None:
    first, second = (gates(good, weak, of).gates for _ in range(2))
    timeless = [one for one in first if one.name != "latency"]
    assert timeless == [one for one in second if one.name != "latency"]


def test_a_gain_within_the_margin_is_not_enough(of: Cases, good: bytes, weak: bytes) -> None:
    margins = GateBounds(cost_margin=0.9, precision_margin=0.9)
    assert refused(gates(good, weak, of, margins)) == ["better_by_cost", "better_by_precision"]


@pytest.mark.parametrize(("stretch", "shift"), [(2.0, 0.0), (0.5, 0.0), (1.0, 1.0), (1.0, -1.0)])
def test_probabilities_that_are_not_honest_are_held_back(
    of: Cases, good: bytes, weak: bytes, stretch: float, shift: float
) -> None:
    assert "calibrated" in refused(gates(models.stretched(good, stretch, shift), weak, of))


def judged_by(of: MaturedPayments, worse: np.ndarray) -> quality_gates.ModelComparison:
    """Two models of equal cost, but for what the challenger's payments of `worse` cost more."""
    base = np.random.default_rng(1).random(len(of.fraud)) * of.amount
    micro = np.zeros(len(of.fraud), np.int64)
    return quality_gates.ModelComparison(of, micro, base * worse, micro, base)


@pytest.fixture(scope="module")
def plain(of: Cases) -> MaturedPayments:
    return matured_payments(as_dataset(of), NAMES, START, END)


def test_one_segment_that_pays_for_the_gain_is_named(plain: MaturedPayments) -> None:
    french = plain.segments["merchant_country"] == "FR"
    blocks = DayBlocks(plain.day, 500, 1)
    dear = quality_gates.segments(judged_by(plain, np.where(french, 1.5, 0.7)), blocks, GateBounds())
    assert dear.passed is False
    assert "merchant_country=FR +50%" in dear.words
    within = quality_gates.segments(judged_by(plain, np.where(french, 1.05, 0.7)), blocks, GateBounds())
    assert within.passed is True


def test_a_segment_with_too_few_frauds_is_not_judged(plain: MaturedPayments) -> None:
    french = plain.segments["merchant_country"] == "FR"
    blocks, bounds = DayBlocks(plain.day, 500, 1), GateBounds(segment_frauds_min=100_000)
    found = quality_gates.segments(judged_by(plain, np.where(french, 9.0, 0.5)), blocks, bounds)
    assert found.passed is True
    assert "not compared" in found.words


def test_many_segments_of_equal_models_do_not_make_one_look_worse(plain: MaturedPayments) -> None:
    """Both models cost the same on average; 40 segments without the correction would refuse nearly always."""
    draw, held_back = np.random.default_rng(3), 0
    bounds = GateBounds(segment_worse=0.0, segment_frauds_min=0)
    for seed in range(40):
        shops = np.array([f"s{at}" for at in range(40)], object)[draw.integers(0, 40, len(plain.fraud))]
        of = replace(plain, segments={"shop": shops})
        pair = draw.random((2, len(plain.fraud)))
        micro = np.zeros(len(plain.fraud), np.int64)
        judged = quality_gates.ModelComparison(of, micro, pair[0], micro, pair[1])
        held_back += not quality_gates.segments(judged, DayBlocks(of.day, 300, seed), bounds).passed
    assert held_back / 40 <= 0.15


def test_equal_models_pass_for_better_no_more_often_than_stated() -> None:
    """200 pairs that see the truth through noise of their own: none is better than the other."""
    draw, bounds = np.random.default_rng(6), GateBounds(resamples=300)
    passed = {"better_by_cost": 0, "better_by_precision": 0, "both": 0}
    for _ in range(200):
        both = [one.passed for one in null_comparison(draw, bounds)]
        passed["better_by_cost"] += bool(both[0])
        passed["better_by_precision"] += bool(both[1])
        passed["both"] += all(both)
    assert passed["both"] / 200 <= 1 - bounds.confidence
    # Each gate alone keeps its level within what 200 draws can tell (three standard errors).
    assert max(passed.values()) / 200 <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5


def null_comparison(draw: np.random.Generator, bounds: GateBounds) -> list[Gate]:
    n = 2_000
    fraud = draw.random(n) < 0.05
    signal = draw.normal(-3, 1, n) + 2.5 * fraud
    micro = [(1e6 / (1 + np.exp(-(signal + draw.normal(0, 0.7, n))))).astype(np.int64) for _ in range(2)]
    times = START + np.sort(draw.integers(0, 14 * DAY_MS, n))
    amount = np.exp(draw.normal(8, 1, n)).astype(np.int64)
    of = MaturedPayments((), np.empty((n, 0)), fraud, np.ones(n), times, amount, {})
    costs = [cost(of, one, POLICY) for one in micro]
    judged = quality_gates.ModelComparison(of, micro[0], costs[0], micro[1], costs[1])
    blocks = DayBlocks(of.day, bounds.resamples, bounds.seed)
    return [
        quality_gates.better_by_cost(judged, blocks, bounds),
        quality_gates.better_by_precision(judged, blocks, bounds),
    ]


def test_a_corrupt_artefact_is_refused_before_anything_is_compared(
    of: Cases, good: bytes, weak: bytes
) -> None:
    for broken in (good[: len(good) // 2], b"", models.changed(good, booster="tree\nnonsense")):
        found = gates(broken, weak, of)
        assert refused(found) == ["loads"]
        assert [one.passed for one in found.gates[1:]] == [None] * (len(GATES) - 1)


def test_a_model_of_features_that_the_catalogue_lacks_is_refused(of: Cases, good: bytes, weak: bytes) -> None:
    found = gates(models.changed(good, features=[*NAMES[:3], "gone"]), weak, of)
    assert refused(found) == ["loads"]
    assert "gone" in gate(found, "loads").words


def test_another_catalogue_is_refused_whether_of_model_or_of_data(
    of: Cases, good: bytes, weak: bytes
) -> None:
    assert refused(gates(models.changed(good, catalogue_hash="other"), weak, of)) == ["catalogue"]
    other = replace(of, manifest=replace(of.manifest, catalogue_hash="other"))
    assert refused(gates(good, weak, other)) == ["catalogue"]


def test_a_data_set_that_lacks_a_feature_is_refused_and_says_whose(
    of: Cases, good: bytes, weak: bytes
) -> None:
    lacking = replace(of, manifest=replace(of.manifest, features=(NAMES[0], NAMES[3])))
    found = gates(good, weak, lacking)
    assert refused(found) == ["features"]
    assert "the challenger needs 2" in gate(found, "features").words


def test_a_champion_that_cannot_be_loaded_is_an_error(of: Cases, good: bytes) -> None:
    with pytest.raises(ChampionUnusable, match="rollback"):
        gates(good, b"{}", of)


def test_weeks_that_a_model_learned_from_do_not_count(of: Cases, good: bytes, weak: bytes) -> None:
    later = models.changed(weak, trained={"to": END - 3 * DAY_MS})
    found = gates(good, later, of)
    assert found.start == END - 3 * DAY_MS
    assert refused(found) == ["evidence"]
    for ours, theirs, who in ((good, later, "champion"), (later, good, "challenger")):
        asked = judge_challenger(
            ours, theirs, as_dataset(of), NAMES, HASH, start=START + LEARNED_DAYS * DAY_MS
        )
        assert refused(asked) == ["unseen"]
        assert who in gate(asked, "unseen").words


def test_a_challenger_that_does_not_say_what_it_learned_from_is_refused(
    of: Cases, good: bytes, weak: bytes
) -> None:
    silent = models.changed(good, trained={})
    assert refused(gates(silent, weak, of)) == ["unseen"]
    assert gate(gates(good, models.changed(weak, trained={}), of), "unseen").passed


def test_the_days_judged_end_where_labels_are_not_matured_and_begin_where_rows_are_whole(
    of: Cases, good: bytes, weak: bytes
) -> None:
    curve = ((0.0, 0.1), (2.0, 0.8), (5.0, 0.95))
    young = replace(
        of, manifest=replace(of.manifest, maturity=curve, sampling=models.Sampled(START + 12 * DAY_MS))
    )
    assert matured_until(as_dataset(young).manifest, 0.9) == END - 5 * DAY_MS
    found = gates(good, weak, young)
    assert (found.start, found.end) == (START + 12 * DAY_MS, END - 5 * DAY_MS)
    assert gate(found, "evidence").figures["days"] == 7


@pytest.mark.parametrize(
    "label",
    [np.full(24_000, -1), np.zeros(24_000), np.ones(24_000)],
    ids=["no label", "no fraud", "nothing but fraud"],
)
def test_without_both_classes_nothing_is_judged(
    of: Cases, good: bytes, weak: bytes, label: np.ndarray
) -> None:
    found = gates(good, weak, of.with_label(label.astype(np.int8)))
    assert refused(found) == ["evidence"]
    json.dumps(found.as_dict(), allow_nan=False)


def test_the_frauds_needed_are_counted_exactly(of: Cases, good: bytes, weak: bytes) -> None:
    frauds = int(gate(gates(good, weak, of), "evidence").figures["frauds"])
    assert gate(gates(good, weak, of, GateBounds(frauds_min=frauds)), "evidence").passed
    assert refused(gates(good, weak, of, GateBounds(frauds_min=frauds + 1))) == ["evidence"]
    assert refused(gates(good, weak, of, GateBounds(days_min=JUDGED_DAYS + 1))) == ["evidence"]


def test_a_payment_without_probability_is_refused() -> None:
    assert artefact_gates.finite(np.array([0, 1_000_000])).passed
    found = artefact_gates.finite(np.array([0, -1]))
    assert not found.passed
    assert "1 of 2" in found.words


def test_a_model_whose_leaves_are_not_numbers_is_refused(of: Cases, good: bytes, weak: bytes) -> None:
    """Every first leaf becomes NaN, written as long as it was."""
    document = msgspec.json.decode(good, type=ModelArtefact)
    booster = re.sub(r"(?<=leaf_value=)\S+", lambda found: "nan".ljust(len(found[0]), " "), document.booster)
    found = gates(models.changed(good, booster=booster), weak, of)
    assert refused(found) == ["loads"]


class OneBitOff(Scorer):
    """A scorer whose scores differ from LightGBM's in the last bit of one row in a hundred."""

    def raw_scores(self, matrix: np.ndarray, leaves: np.ndarray | None = None) -> np.ndarray:
        raw = super().raw_scores(matrix, leaves)
        raw[::100] = np.nextafter(raw[::100], np.inf)
        return raw


def test_scores_must_be_lightgbms_own_to_the_bit(of: Cases, good: bytes) -> None:
    document = msgspec.json.decode(good, type=ModelArtefact)
    matrix = of.matrix(NAMES)[:3_000]
    exact = artefact_gates.bit_equal(document, Scorer.load(good, NAMES), matrix)
    assert exact.passed
    assert exact.figures["rows"] == 3_000
    off = artefact_gates.bit_equal(document, OneBitOff.load(good, NAMES), matrix)
    assert not off.passed
    assert off.figures["raw_scores_differ"] == 130  # 30 of the batch, and each of 100 that came alone


class Paced(Scorer):
    """Scoring takes `us` of a clock that the test winds, whatever the machine does."""

    us = 0.0
    wound_ns = 0

    def probabilities(self, matrix: np.ndarray, leaves: np.ndarray | None = None) -> np.ndarray:  # noqa: ARG002 - as the scorer's
        Paced.wound_ns += round(self.us * 1_000 * len(matrix))
        return np.zeros(len(matrix), np.int64)


def paced(blob: bytes, us: float) -> Scorer:
    scorer = Paced.load(blob, NAMES)
    scorer.us = us
    return scorer


@pytest.mark.parametrize(("us", "passed"), [(3.0 + 8.0, True), (3.0 + 8.5, False)])
def test_a_slow_model_is_refused_by_its_processor_time(
    of: Cases, good: bytes, us: float, passed: bool
) -> None:
    found = artefact_gates.latency(
        paced(good, us), paced(good, 2.0), of.matrix(NAMES), GateBounds(), lambda: Paced.wound_ns
    )
    assert found.passed is passed
    assert found.figures["batch_us"] == pytest.approx(us)
    assert found.figures["batch_limit_us"] == pytest.approx(1.5 * 2.0 + 8.0)


def test_the_least_of_several_measurements_counts(of: Cases, good: bytes) -> None:
    spent: Iterator[int] = iter([5_000, 1_000_000, *([9_000] * 20)])
    now = count()
    total = [0]

    def clock() -> int:
        total[0] += next(spent) if next(now) % 2 else 0
        return total[0]

    (us,) = artefact_gates.measured([Scorer.load(good, NAMES)], of.matrix(NAMES)[:10], 10, clock)
    assert us == pytest.approx(5.0 / 10)


def test_a_real_model_of_many_leaves_stays_within_the_time_of_a_small_one(of: Cases, weak: bytes) -> None:
    big = models.artefact(of, trees=200)
    started = time.process_time()
    assert gate(gates(big, weak, of), "latency").passed
    assert time.process_time() - started < 30


def test_the_seed_learned_from_nobodys_days_and_dates_may_be_written_out() -> None:
    assert learned_until({"by": "training.seed_model.baseline"}) == 0
    assert learned_until({"to": "2018-07-04T00:00:00Z"}) == learned_until({"to": "2018-07-04"})


def test_the_table_says_what_was_found_and_what_to_do(of: Cases, good: bytes, weak: bytes) -> None:
    found = gates(weak, good, of)
    marks = {name: mark for name, mark, _ in found.rows()}
    assert marks["better_by_cost"] == "REFUSED"
    assert marks["loads"] == "passed"
    assert any(
        line.startswith("better_by_cost: needed lower confidence bound of savings > 0.00 EUR")
        for line in found.advice()
    )
    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert document["passed"] is False
    assert document["gates"][0]["name"] == "loads"


def test_a_figure_out_of_bounds_by_chance_passes_and_by_more_does_not() -> None:
    """The same slope of 0.7: with 60 frauds it may be chance, with 6,000 it is not."""
    draw = np.random.default_rng(9)
    passed = []
    for n in (2_000, 200_000):
        odds = draw.normal(-4, 1, n)
        micro = (1e6 / (1 + np.exp(-odds))).astype(np.int64)
        fraud = draw.random(n) < 1 / (1 + np.exp(-(0.7 * odds - 1.1)))
        times = START + np.sort(draw.integers(0, 14 * DAY_MS, n))
        of = MaturedPayments((), np.empty((n, 0)), fraud, np.ones(n), times, np.ones(n, np.int64), {})
        judged = quality_gates.ModelComparison(of, micro, np.zeros(n), micro, np.zeros(n))
        passed.append(quality_gates.calibrated(judged, DayBlocks(of.day, 200, 1), GateBounds()).passed)
    assert passed == [True, False]


def test_cost_is_what_hindsight_would_have_saved(plain: MaturedPayments) -> None:
    certain = plain.fraud.astype(np.int64) * 1_000_000
    assert cost(plain, certain, POLICY).sum() == 0
    assert cost(plain, 1_000_000 - certain, POLICY).sum() > 0
