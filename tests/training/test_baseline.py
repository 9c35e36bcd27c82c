import msgspec
import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.trees import Scorer
from training.baseline import baseline, bench, platt, roc_auc
from training.traffic import traffic


def test_the_same_seed_trains_the_same_bytes() -> None:
    first = baseline(trees=3, payments=4000)
    assert first == baseline(trees=3, payments=4000)
    scorer = Scorer.load(first, CATALOGUE.names)
    assert scorer.catalogue_hash == CATALOGUE.schema_hash


@pytest.mark.slow
def test_the_bench_model_is_full_and_uses_every_feature() -> None:
    document = msgspec.json.decode(bench())
    leaves = [line for line in document["booster"].splitlines() if line.startswith("num_leaves=")]
    assert leaves == ["num_leaves=63"] * 300


def test_traffic_is_ordered_seeded_and_holds_about_one_percent_of_fraud() -> None:
    payments = traffic(7, 50_000, rate=100.0)
    again = traffic(7, 50_000, rate=100.0)
    assert (np.diff(payments.times) >= 0).all()
    assert payments.entities.shape == (len(CATALOGUE.entities), 50_000)
    assert (payments.amounts == again.amounts).all()
    assert 0.005 < payments.fraud.mean() < 0.03


def test_platt_recovers_the_scale_and_shift_that_made_the_labels() -> None:
    draw = np.random.default_rng(3)
    raw = draw.normal(-2, 2, 200_000)
    fraud = draw.random(len(raw)) < 1 / (1 + np.exp(-(0.7 * raw - 0.4)))
    fitted = platt(raw, fraud)
    assert abs(fitted.a - 0.7) < 0.02
    assert abs(fitted.b + 0.4) < 0.04


def test_auc_counts_pairs_and_ties() -> None:
    assert roc_auc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True])) == 0.875
