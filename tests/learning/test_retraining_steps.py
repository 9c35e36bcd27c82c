"""The steps of a retraining run with a real registry, real training and real gates; the log is in memory."""

import importlib
import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from features.catalogue import CATALOGUE
from learning.history.log_archive import LogArchive
from learning.retraining import training_run
from learning.retraining.run_journal import RunJournal, StepRecord
from models.messages.control import ChallengerChange, ModelChange
from models.units import DAY_MS
from streams import cli
from tests.learning.promotion_scene import Scene, scene_in
from tests.support import model_cases as models
from training.dataset.dataset import Dataset
from training.dataset.manifest import DatasetManifest
from training.fit.boosting import BoostSettings
from training.fit.trainer import TrainSettings

STEPS = ("labels", "dataset", "train", "register", "gates", "challenger", "promote")


class Killed(BaseException):
    """The process ends here."""


retraining_steps: Any = importlib.import_module("learning.retraining.steps")
"""The module: its room's door hands out the function of the same name."""


@pytest.fixture(scope="module")
def of() -> models.Cases:
    """The cases of `model_cases` over four times the days."""
    of = models.cases(count=36_000)
    at = models.START + (of.occurred_at - models.START) * 4
    facts = replace(of.manifest, as_of=models.START + 96 * DAY_MS, catalogue_hash=CATALOGUE.schema_hash)
    return replace(of, occurred_at=at, manifest=facts)


@pytest.fixture(scope="module")
def written(of: models.Cases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases as a data set that can be trained on."""
    folder = models.write(of, tmp_path_factory.mktemp("dataset"))
    frauds = int(of.label.sum())
    rows = {"fraud": frauds, "legitimate": len(of.label) - frauds, "none": 0}
    msgspec.structs.replace(DatasetManifest.read(folder), rows=rows).write(folder)
    return folder


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: models.Cases, written: Path) -> Scene:
    """The archive is there already, and the data set is that of `model_cases`."""
    scene = scene_in(tmp_path / "home", monkeypatch, tmp_path)
    monkeypatch.setattr(LogArchive, "update", lambda *_: None)
    monkeypatch.setattr(retraining_steps, "from_archive", lambda *_: None)

    def made(_history: object, _origin: object, folder: Path, *_: object, **__: object) -> Dataset:
        shutil.copytree(written, folder, dirs_exist_ok=True)
        return Dataset.load(folder)

    monkeypatch.setattr(retraining_steps, "make_dataset", made)
    monkeypatch.setattr(retraining_steps, "TrainSettings", partial(TrainSettings, FEW, references=False))
    for name in ("report", "html", "card"):  # pictures take seconds, and have tests of their own
        monkeypatch.setattr(training_run, name, lambda *_: "")
    scene.champion(models.artefact(of, (models.NAMES[0], models.NAMES[3]), trained=LEARNED, **HASH))
    return scene


LEARNED = {"to": models.START}
"""The champion learned before all of it."""

FEW = BoostSettings(trees=40, rate=0.2)
AS_OF = "2024-02-18"
HASH: dict[str, Any] = {"catalogue_hash": CATALOGUE.schema_hash}


def retrain(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of the command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["retrain", "--once", "--as-of", AS_OF, "--json"])
    return int(ended.value.code or 0), json.loads(capsys.readouterr().out.splitlines()[-1])


def test_killed_behind_every_step_it_comes_to_one_version_and_one_control(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each attempt dies when a step has done its work and not written it down; the last one ends."""
    monkeypatch.setenv("TOLLGATE_RETRAIN_PROMOTE", "canary")
    alive = RunJournal.add
    for name in STEPS:

        def dies(journal: RunJournal, step: StepRecord, name: str = name) -> None:
            if step.name == name:
                raise Killed
            alive(journal, step)

        monkeypatch.setattr(RunJournal, "add", dies)
        with pytest.raises(Killed):
            cli.main(["retrain", "--once", "--as-of", AS_OF])
    monkeypatch.setattr(RunJournal, "add", alive)
    code, said = retrain(capsys)
    assert (code, said["outcome"]) == (0, "canary")
    assert [step["name"] for step in said["steps"] if step["earlier"]] == list(STEPS[:-1])
    (version,) = scene.registry.versions()
    assert scene.aliases() == {"challenger": version.sha256}
    (offered,) = [found.control.change for found in scene.log[1:]]
    assert isinstance(offered, ChallengerChange)
    assert (offered.sha256, offered.share) == (version.sha256, 50_000)
    assert (scene.home / "artefacts" / version.sha256).exists()
    assert retrain(capsys)[0] == 0
    assert len(scene.log) == 2


def test_by_setting_it_goes_live_or_is_left_to_people(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOLLGATE_RETRAIN_PROMOTE", "never")
    assert retrain(capsys)[1]["outcome"] == "never"
    assert len(scene.log) == 1
    (torn,) = (scene.home / "training" / "runs").glob("*/dataset/dataset.parquet")
    torn.write_bytes(torn.read_bytes()[:-9])
    monkeypatch.setenv("TOLLGATE_RETRAIN_PROMOTE", "champion")
    code, said = retrain(capsys)
    assert (code, said["outcome"]) == (0, "champion")
    assert [step["name"] for step in said["steps"] if not step["earlier"]] == ["dataset", "promote"]
    (version,) = scene.registry.versions()
    assert scene.log[-1].control.change == ModelChange(version.sha256)
    assert scene.log[-1].control.author == "tollgate retrain"
    assert scene.aliases() == {"champion": version.sha256}
    code, said = retrain(capsys)
    assert (code, said["outcome"]) == (0, "held")
    assert "it is champion already, since offset 1" in said["held"]


def test_a_gate_that_refuses_leaves_the_champion_and_no_challenger(
    scene: Scene, of: models.Cases, capsys: pytest.CaptureFixture[str]
) -> None:
    """The champion is as good as what was learned: nobody is surely better."""
    champion = scene.champion(models.artefact(of, trees=40, trained=LEARNED, **HASH))
    with pytest.raises(SystemExit) as ended:
        cli.main(["retrain", "--once", "--as-of", AS_OF])
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "refused: better_by_cost" in said
    assert "the champion stays" in said
    assert scene.live()[-1] == champion
    assert scene.aliases() == {}
    assert len(scene.registry.versions()) == 1


def test_a_step_that_fails_says_which_and_why(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        from training.errors import RegistryUnreachable

        raise RegistryUnreachable("MLflow does not answer")

    before = list(scene.log)
    with monkeypatch.context() as patched:
        patched.setattr("training.registry.Registry.register", unreachable)
        code, said = retrain(capsys)
    assert (code, said["outcome"]) == (1, "failed")
    assert said["failed"] == {"step": "register", "why": "MLflow does not answer"}
    assert scene.log == before
    assert retrain(capsys)[0] == 0


def test_once_or_on_schedule_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--once", "--schedule"], ["--schedule", "--as-of", "2026-01-01"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(["retrain", *arguments])
        assert ended.value.code == 2
    assert "a schedule takes each day's own" in capsys.readouterr().err


def test_old_data_sets_are_forgotten_and_what_was_learned_is_kept(tmp_path: Path) -> None:
    names = [f"live-202601{day:02d}-0000-0123abcd" for day in range(1, 11)]
    for name in [*names, "live-eu-20260101-0000-0123abcd", "live-f6ed7cfb75c88eea"]:
        (tmp_path / name / "dataset").mkdir(parents=True)
    gone = retraining_steps.forget_datasets(tmp_path, "live")
    assert [path.parent.name for path in gone] == names[:3]
    assert all((tmp_path / name).is_dir() for name in names)
    assert sum(path.exists() for path in tmp_path.glob("*/dataset")) == 9
    assert retraining_steps.forget_datasets(tmp_path, "live") == []
    (tmp_path / names[0] / "dataset").mkdir()
    assert retraining_steps.forget_datasets(tmp_path, "live", tmp_path / names[0]) == []
