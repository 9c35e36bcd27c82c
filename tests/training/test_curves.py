"""Curves, drift and segments of a handful of payments that can be checked by hand, and their pictures."""

import numpy as np
import pytest

from training.measures import curves
from training.measures.curves import ScoredExamples
from training.measures.drift import psi
from training.measures.segments import UNKNOWN, amount_bands, segments
from training.report import pictures

FOUR = ScoredExamples(np.array([0.9, 0.6, 0.6, 0.1]), np.array([True, True, False, False]), np.ones(4))


def test_equal_scores_stand_or_fall_together() -> None:
    recall, precision = curves.precision_recall(FOUR)
    assert recall.tolist() == [0.5, 1.0, 1.0]
    assert precision.tolist() == [1.0, 2 / 3, 0.5]
    flagged, frauds = curves.gain(FOUR)
    assert flagged.tolist() == [0.0, 0.25, 0.75, 1.0]
    assert frauds.tolist() == [0.0, 0.5, 1.0, 1.0]


def test_weights_count_as_that_many_payments() -> None:
    doubled = ScoredExamples(FOUR.score, FOUR.fraud, np.array([1, 1, 3, 1.0]))
    assert curves.precision_recall(doubled)[1].tolist() == [1.0, 2 / 5, 2 / 6]


def test_cost_adds_up_what_passes_and_what_is_declined() -> None:
    passed = np.where(FOUR.fraud, 5_000.0, 0.0)
    declined = np.where(FOUR.fraud, 0.0, 1_000.0)
    threshold, euro = curves.cost_by_threshold(FOUR, passed, declined)
    assert threshold.tolist() == [0.9, 0.6, 0.1]
    # All passed: two frauds, 100 EUR on 4 payments; then one fraud and later a good one are declined.
    assert euro.tolist() == [50 / 4 * 1_000, 10 / 4 * 1_000, 20 / 4 * 1_000]


def test_a_bin_of_the_calibration_holds_what_was_predicted_there() -> None:
    draw = np.random.default_rng(1)
    p = draw.random(20_000) ** 4
    found = curves.reliability(ScoredExamples(p, draw.random(20_000) < p, np.ones(20_000)))
    assert (np.abs(found.observed - found.predicted) < 4 * found.error + 0.01).all()
    assert found.payments.sum() == 20_000
    assert (np.diff(found.predicted) > 0).all()


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    draw = np.random.default_rng(1)
    score = draw.random(5_000)
    recall, precision = curves.precision_recall(
        ScoredExamples(score, draw.random(5_000) < score, np.ones(5_000))
    )
    assert len(recall) == len(precision) <= curves.POINTS_MAX
    assert recall[-1] == 1.0


def test_drift_is_nothing_for_the_same_and_much_for_the_moved() -> None:
    draw = np.random.default_rng(1)
    old, same, moved = draw.normal(0, 1, 5_000), draw.normal(0, 1, 5_000), draw.normal(1, 1, 5_000)
    assert psi(old, same) < 0.02
    assert psi(old, moved) > 0.25
    half = np.where(draw.random(5_000) < 0.5, np.nan, same)
    assert psi(old, half) > 0.25
    assert psi(np.full(10, np.nan), np.full(10, np.nan)) == 0.0
    assert np.isnan(psi(old, old[:0]))


def test_segments_are_the_largest_kinds_of_what_splits_at_all() -> None:
    kinds = {
        "channel": np.array(["app", None, "app", "app"], object),
        "currency": np.array(["EUR"] * 4, object),
    }
    found = segments(FOUR, kinds, lambda of: float(of.fraud.mean()))
    assert [(row.by, row.kind, row.payments, row.frauds) for row in found] == [
        ("channel", "app", 3, 1), ("channel", UNKNOWN, 1, 1),
    ]  # fmt: skip
    assert found[0].predicted == pytest.approx(1.6 / 3)
    assert amount_bands(np.array([999, 1_000, 10**9])).tolist() == [
        "below 10 EUR", "10 to 50 EUR", "1,000 EUR and more",
    ]  # fmt: skip


def test_pictures_are_drawn_with_the_odd_values_in_and_the_same_twice() -> None:
    none = ScoredExamples(np.array([0.0, 0.0]), np.array([False, True]), np.ones(2))
    matrix = np.array([[1.0, np.nan], [2.0, np.nan]])
    index = np.array([0.3, np.nan])
    drawn = [
        pictures.precision_recall({"a": curves.precision_recall(FOUR)}, 0.5),
        pictures.calibration(curves.reliability(none)),
        pictures.gain({"a": curves.gain(FOUR), "b": curves.gain(none)}),
        pictures.cost({"a": curves.cost_by_threshold(FOUR, np.ones(4), np.zeros(4))}),
        pictures.shap_summary(["x", "y"], np.array([[0.1, 0.0], [-0.2, 0.0]]), matrix),
        pictures.drift(["x", "y"], index),
    ]
    assert all(png.startswith(b"\x89PNG") and len(png) > 5_000 for png in drawn)
    assert pictures.drift(["x", "y"], index) == drawn[-1]
