import msgspec
import numpy as np
import pytest

from bench.seeding import TRAINED_ON
from features.catalogue import CATALOGUE
from models.messages.label import Label, LabelValue
from models.messages.outcome import Outcome
from models.messages.payment import Payment
from models.scoring.model import Scorer
from simulation.traffic.traffic import LABEL_FROM, LABEL_REACH
from training.measures.metrics import roc_auc
from training.measures.platt_scaling import fit_platt
from training.seed_model.baseline import baseline, bench
from training.seed_model.history import simulated_history


def test_the_same_seed_trains_the_same_bytes() -> None:
    first = baseline(trees=3, payments=4000)
    assert first == baseline(trees=3, payments=4000)
    scorer = Scorer.load(first, CATALOGUE.names)
    assert scorer.catalogue_hash == CATALOGUE.schema_hash


@pytest.mark.slow
def test_the_bench_model_is_full_and_uses_every_feature() -> None:
    document = msgspec.json.decode(bench(payments=TRAINED_ON))
    leaves = [line for line in document["booster"].splitlines() if line.startswith("num_leaves=")]
    assert leaves == ["num_leaves=63"] * 300


def test_a_history_is_ordered_seeded_and_holds_about_one_percent_of_fraud() -> None:
    history = simulated_history(7, 20_000, rate=100.0)
    assert (np.diff(history.times) >= 0).all()
    assert history.messages == simulated_history(7, 20_000, rate=100.0).messages
    assert 0.005 < history.fraud.mean() < 0.03


def test_a_history_has_the_label_of_every_fraud_known_by_its_end_and_outcomes_only_if_asked() -> None:
    history = simulated_history(7, 20_000, rate=100.0)
    payments = [m for m in history.messages if type(m) is Payment]
    frauds = {p.payment_id for p, bad in zip(payments, history.fraud, strict=True) if bad}
    labelled = {m.payment_id for m in history.messages if type(m) is Label and m.label is LabelValue.FRAUD}
    early = {p.payment_id for p in payments[: len(payments) - LABEL_FROM - LABEL_REACH]}
    assert frauds & early <= labelled <= frauds
    assert any(type(m) is Outcome for m in history.messages)
    without = simulated_history(7, 20_000, rate=100.0, outcomes=False)
    assert not any(type(m) is Outcome for m in without.messages)
    assert [m for m in without.messages if type(m) is Payment] == payments


def test_platt_recovers_the_scale_and_shift_that_made_the_labels() -> None:
    draw = np.random.default_rng(3)
    raw = draw.normal(-2, 2, 200_000)
    fraud = draw.random(len(raw)) < 1 / (1 + np.exp(-(0.7 * raw - 0.4)))
    fitted = fit_platt(raw, fraud)
    assert abs(fitted.a - 0.7) < 0.02
    assert abs(fitted.b + 0.4) < 0.04


def test_auc_counts_pairs_and_ties() -> None:
    assert roc_auc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True])) == 0.875
