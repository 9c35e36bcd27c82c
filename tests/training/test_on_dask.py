"""The same data set on a Dask cluster of two workers gives a model as good as here."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.training.drawn_payments import Drawn, dataset
from training.dataset.dataset import Dataset
from training.errors import ClusterUnreachable
from training.fit.boosting import BoostSettings
from training.fit.figures import AUC, PRECISION
from training.fit.on_dask import _bits, _parts, _read, _renamed, cluster
from training.fit.references import OURS
from training.fit.trainer import TrainSettings, train

SETTINGS = TrainSettings(
    boost=BoostSettings(rate=0.2, trees=40, leaves=6, leaf_rows=20), references=False, tune=0
)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setattr("training.dataset.file.ROW_GROUP_ROWS", 1_000)
    return dataset(tmp_path, Drawn(rows=8_000))


def test_every_row_wanted_is_read_by_one_worker(made: Dataset) -> None:
    rows = np.flatnonzero(np.arange(8_000) % 3 > 0)
    parts = _parts(made, rows, 4)
    assert 2 <= len(parts) <= 5
    read = [_read(str(made.folder), groups, _bits(at), made.names) for groups, at in parts]
    np.testing.assert_array_equal(np.concatenate(read), made.matrix(made.names)[rows])


def test_features_get_their_names_back() -> None:
    import lightgbm

    draw = np.random.default_rng(1)
    matrix = draw.random((200, 2))
    booster = lightgbm.train(
        {"num_threads": 1, "verbosity": -1, "objective": "binary"},
        lightgbm.Dataset(matrix, matrix[:, 1] > 0.5), 3,
    )  # fmt: skip
    named = _renamed(booster, ["first", "second"])
    assert named.feature_name() == ["first", "second"]
    np.testing.assert_array_equal(named.predict(matrix), booster.predict(matrix))


def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.fit.on_dask.REACHED_S", 1)
    for address in ("tcp://127.0.0.1:1", "nothing://there:1"):
        with (
            pytest.raises(ClusterUnreachable, match=f"no Dask scheduler answers at {address}"),
            cluster(address),
        ):
            pass


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_two_workers_learn_as_well_as_one_process(made: Dataset, processes: bool) -> None:
    here = train(made, SETTINGS)
    with cluster(processes=processes) as client:
        there = train(made, SETTINGS, client)
    for name, bound in ((AUC, 0.02), (PRECISION, 0.06)):
        assert there.figures[OURS][name] == pytest.approx(here.figures[OURS][name], abs=bound)
    assert set(msgspec.json.decode(there.artefact)["features"]) == set(here.examples.names)
