"""A model is learned, calibrated and measured on weeks that follow each other, the same every time."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.scoring.model import ModelArtefact, Scorer
from tests.training.drawn_payments import DAY, FIRST, TELLING, Drawn, dataset
from training.dataset.dataset import Dataset
from training.dataset.split import SplitSettings, matured_until, split, times
from training.errors import DatasetError, NotTrainable
from training.fit.boosting import BoostSettings
from training.fit.figures import AUC, COST, PRECISION
from training.fit.references import DEFAULTS, LOGISTIC, OURS, PERFECT
from training.fit.trainer import TrainedModel, TrainSettings, train

QUICK = BoostSettings(rate=0.2, trees=40, leaves=6, leaf_rows=20)
SETTINGS = TrainSettings(boost=QUICK)
LAST = "predicted / observed, top 1 %"


class AllFraud(Drawn):
    """Nothing but fraud."""

    @property
    def fraud(self) -> Any:
        return np.ones(self.rows, np.bool_)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return dataset(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def trained(made: Dataset) -> TrainedModel:
    return train(made, SETTINGS)


def test_the_parts_follow_each_other_with_gaps_and_measure_only_what_has_matured(made: Dataset) -> None:
    found = split(made, SplitSettings(gap_days=4, part_days=10))
    parts = found.times
    assert parts.choose[0] - parts.learn[1] == 4 * DAY
    assert parts.calibrate[0] - parts.choose[1] == 4 * DAY
    assert parts.measure[0] == parts.calibrate[1]
    assert parts.measure[1] <= made.manifest.as_of - 3 * DAY
    groups = (found.learn, found.choose, found.calibrate, found.measure)
    assert all(one[-1] < other[0] for one, other in pairwise(groups))
    assert found.again[-1] == found.choose[-1]
    assert set(found.learn) < set(found.again)


def test_too_short_a_time_and_too_few_frauds_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotTrainable, match=r"10.0 days of matured payments are too few.*--part-days"):
        times(0, 10 * DAY, SplitSettings(gap_days=3, part_days=4))
    with pytest.raises(NotTrainable, match=r"the part to choose, .* has \d frauds .* takes 20 of each"):
        split(dataset(tmp_path / "few", Drawn(fraud_share=0.01)), SplitSettings())
    for of, word in ((Drawn(fraud_share=0.0), "fraud"), (AllFraud(), "legitimate")):
        with pytest.raises(NotTrainable, match=f"none of the 6,000 payments in .* is known to be {word}"):
            train(dataset(tmp_path / word, of), SETTINGS)
    sampled = dataset(tmp_path / "sampled", negatives=0.5, whole_from=FIRST + 79 * DAY)
    with pytest.raises(NotTrainable, match="lack the negatives that sampling left out"):
        split(sampled, SplitSettings())


def test_matured_is_from_when_most_frauds_are_known() -> None:
    assert matured_until(((0.0, 0.0), (7.0, 0.94), (10.0, 0.96), (14.0, 1.0)), 20 * DAY) == 10 * DAY


def test_the_model_finds_frauds_honestly_and_beats_its_references_or_is_close(trained: TrainedModel) -> None:
    ours = trained.figures[OURS]
    assert list(trained.figures) == [OURS, DEFAULTS, LOGISTIC, PERFECT]
    assert ours[AUC] > 0.85
    assert ours[PRECISION] > 0.95 * trained.figures[DEFAULTS][PRECISION]
    assert 0.6 < ours["calibration slope"] < 1.5
    assert 0.5 < ours[LAST] < 2.0
    assert trained.figures[PERFECT][PRECISION] == 1.0
    assert trained.figures[PERFECT][COST] < ours[COST]
    for name in (DEFAULTS, LOGISTIC):
        assert trained.figures[name][AUC] > 0.75


def test_the_artefact_is_what_the_engine_loads_and_scores_the_measured_weeks_with(
    made: Dataset, trained: TrainedModel
) -> None:
    document = msgspec.json.decode(trained.artefact, type=ModelArtefact)
    assert set(TELLING) <= set(document.features)
    assert "merchant_payment_count_24h" not in document.features
    assert document.trained["to"] == trained.split.times.calibrate[1]
    assert document.trained["dataset"] == made.manifest.sha256
    rows = trained.split.measure
    matrix = np.full((len(rows), len(CATALOGUE.names)), np.nan)
    for name in made.names:
        matrix[:, CATALOGUE.names.index(name)] = made.matrix([name])[rows, 0]
    scorer = Scorer.load(trained.artefact, CATALOGUE.names)
    assert scorer.kind == "leaf-masks"
    np.testing.assert_array_equal(scorer.probabilities(matrix) / 1e6, trained.probabilities[OURS])


def test_the_same_payments_give_the_same_model_byte_for_byte(trained: TrainedModel, tmp_path: Path) -> None:
    again = train(dataset(tmp_path), SETTINGS)
    assert again.artefact == trained.artefact
    assert again.figures == trained.figures


def test_what_is_measured_on_changes_no_model(trained: TrainedModel, tmp_path: Path) -> None:
    class Flipped(Drawn):
        @property
        def fraud(self) -> Any:
            late = self.times >= trained.split.times.measure[0]
            return np.where(late, ~super().fraud, super().fraud)

    other = train(dataset(tmp_path, Flipped()), SETTINGS)
    documents = [msgspec.json.decode(one.artefact) for one in (trained, other)]
    assert documents[0]["trained"].pop("dataset") != documents[1]["trained"].pop("dataset")
    assert documents[0] == documents[1]
    assert other.figures[OURS][AUC] < 0.4


def test_settings_are_tried_on_the_weeks_before_and_the_taken_stand_first(made: Dataset) -> None:
    found = train(made, msgspec.structs.replace(SETTINGS, tune=4, references=False))
    reached = [trial["average precision"] for trial in found.trials]
    assert len(reached) == 4
    assert reached[1:] == sorted(reached[1:], reverse=True)
    best = found.trials[0]
    assert (best["leaves"], best["max_bin"]) == (found.boost.leaves, found.boost.max_bin)
    assert {trial["monotone"] for trial in found.trials} == {"yes", "no"}
    assert list(found.figures) == [OURS]


def test_what_is_learned_from_is_sampled_alike_from_first_to_last(made: Dataset, tmp_path: Path) -> None:
    chosen_from = split(made, SplitSettings()).times.choose[0]
    sampled = dataset(tmp_path, negatives=0.3, whole_from=chosen_from)
    found = split(sampled, SplitSettings())
    late = found.again[sampled.occurred_at[found.again] >= chosen_from]
    others = {
        name: int((sampled.label[rows] == 0).sum())
        for name, rows in (("all", found.choose), ("learned", late))
    }
    assert others["learned"] == pytest.approx(0.3 * others["all"], rel=0.2)
    assert set(found.choose[sampled.label[found.choose] == 1]) < set(found.again)


def test_negatives_left_out_do_not_move_the_probabilities(made: Dataset, tmp_path: Path) -> None:
    whole_from = split(made, SplitSettings()).times.choose[0]
    sampled = dataset(tmp_path, negatives=0.3, whole_from=whole_from)
    assert len(sampled) < 0.7 * len(made)
    found = train(sampled, msgspec.structs.replace(SETTINGS, references=False))
    at = found.split.measure
    predicted = float(found.probabilities[OURS].mean())
    assert predicted == pytest.approx(float(found.examples.fraud[at].mean()), rel=0.25)


def test_features_that_are_not_there_and_features_that_say_nothing_are_refused(made: Dataset) -> None:
    with pytest.raises(DatasetError, match="lacks 1 of 2 features: card_age"):
        train(made, msgspec.structs.replace(SETTINGS, features=("hour_of_day", "card_age")))
    with pytest.raises(NotTrainable, match="none of the 1 features varies"):
        train(made, msgspec.structs.replace(SETTINGS, features=("merchant_payment_count_24h",)))
