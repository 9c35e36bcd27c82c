"""The steps of a retraining run: from what is on the log to a model that may go live.

    labels      archive what is on the log by now: decisions, outcomes, labels
    dataset     vectors with their labels as known on the run's day
    train       settings, trees, calibration; report, model card
    register    a version in MLflow, without an alias
    gates       compared with the champion that is live
    challenger  the alias `challenger` names it: only what passed every gate
    promote     by TOLLGATE_RETRAIN_PROMOTE: never, shadow, canary or champion

Each may be repeated: archives go on where they ended, a data set and a model are the same again for the same
inputs, the registry finds bytes that it has, and a control is published only where the log does not say so
already. The gates run again where another champion is live than the one they compared with.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from learning.errors import translated_errors
from learning.history import EngineHistory, HistoryOrigin, LogArchive, from_archive
from learning.promotion import GateVerdict, go_live, record_deployment, registry_of, run_gates
from learning.retraining.run import Facts, Step, StepResult
from learning.retraining.training_data import make_dataset
from learning.retraining.training_run import ARTEFACT, TrainingRun, package_run
from models.messages import TrialBounds
from models.units import DAY_MS
from streams.control_plane import in_use, model_changes
from streams.settings import Settings
from training.dataset import Dataset, SplitSettings
from training.errors import TrainingError
from training.fit import TrainSettings, headline, train
from training.gates import GateResults
from training.registry import RegisteredVersion

AUTHOR: Final = "tollgate retrain"
DATASET: Final = "dataset"
KEPT: Final = 7
"""Data sets of so many runs of an engine are kept; models, reports and journals of all."""

Say = Callable[[str], None]
_BOUNDS: Final = TrialBounds()


@dataclass(frozen=True)
class RetrainingPlan:
    """A run: `as_of` (UTC ms) is the day of its labels and the end of its payments; the rest is by settings,
    but for `trial`, the bounds of a shadow or canary.
    """

    settings: Settings
    engine: str
    as_of: int
    trial: TrialBounds = _BOUNDS

    @property
    def start(self) -> int:
        """Payments from here on."""
        days = self.settings.retrain_days
        return max(self.as_of - days * DAY_MS, 0) if days else 0

    @property
    def split(self) -> SplitSettings:
        """Weeks to choose, calibrate and measure on."""
        return SplitSettings(part_days=self.settings.retrain_part_days or None)

    @property
    def name(self) -> str:
        """What the run is called: the same for the same day and settings."""
        s = self.settings
        inputs = [
            self.engine,
            self.as_of,
            self.start,
            s.retrain_tune,
            s.retrain_part_days,
            in_use(s).schema_hash,
        ]
        day = msgspec.json.encode(inputs)
        return f"{self.engine}-{_day(self.as_of)}-{hashlib.sha256(day).hexdigest()[:8]}"

    @property
    def folder(self) -> Path:
        """Where the run's files are."""
        return self.settings.home / "training" / "runs" / self.name


def _day(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y%m%d-%H%M}"


def steps(plan: RetrainingPlan, say: Say = lambda _: None) -> list[Step]:
    """The steps of a run, in order."""
    of = _Steps(plan, say)
    s = plan.settings
    return [
        Step("labels", of.labels),
        Step("dataset", of.dataset, lambda: plan.start, of.has_dataset),
        Step("train", of.train, lambda: [s.retrain_tune, s.retrain_part_days], of.has_model),
        Step("register", of.register),
        Step("gates", of.gates, of.champion),
        Step("challenger", of.challenger),
        Step("promote", of.promote, lambda: [s.retrain_promote, s.retrain_canary_percent]),
    ]


class _Steps:
    """What each step does; all it needs from steps before is in their facts."""

    def __init__(self, plan: RetrainingPlan, say: Say) -> None:
        self.plan, self.say = plan, say
        self.settings, self.engine = plan.settings, plan.engine
        self.data = plan.folder / DATASET

    def labels(self, _: Mapping[str, Facts]) -> StepResult:
        archive = self._archive()
        archive.update(self.settings.kafka(), self.say)
        gaps = archive.gaps()
        for gap in gaps:
            self.say(f"some of the log is missing: {gap}")
        reports = archive.reports()
        labels = sum(kind == "label" for kind in reports["kind"].to_pylist())
        words = f"{labels:,} labels and {reports.num_rows - labels:,} outcomes are archived"
        return StepResult(words, {"labels": labels, "files": _digest(archive.files()), "gaps": gaps})

    def dataset(self, _: Mapping[str, Facts]) -> StepResult:
        history, plan = self._history(), self.plan
        origin, end = HistoryOrigin(engine=self.engine), plan.as_of
        with translated_errors():
            dataset = make_dataset(
                history, origin, self.data, lambda *_: None, plan.split, "auto", plan.as_of,
                start=plan.start, end=end,
            )  # fmt: skip
        rows = dataset.manifest.rows
        words = f"{len(dataset):,} payments: {rows['fraud']:,} frauds, {rows['legitimate']:,} legitimate"
        return StepResult(words, {"sha256": dataset.manifest.sha256, "rows": dict(rows)})

    def has_dataset(self, facts: Facts) -> bool:
        """Whether the data set is still the one that was made."""
        try:
            return Dataset.load(self.data).manifest.sha256 == str(facts["sha256"])
        except TrainingError:
            return False

    def train(self, _: Mapping[str, Facts]) -> StepResult:
        dataset = self._dataset()
        trained = train(
            dataset, TrainSettings(tune=self.settings.retrain_tune, split=self.plan.split), step=self.say
        )
        run = package_run(trained, dataset, f"Model of {self.engine}")
        run.write(self.plan.folder)
        return StepResult(headline(trained), self._facts(run))

    def _facts(self, run: TrainingRun) -> dict[str, Any]:
        sha256 = hashlib.sha256(run.trained.artefact).hexdigest()
        files = sorted(name for name in run.files if name != ARTEFACT)
        return {
            "sha256": sha256,
            "metrics": run.metrics(),
            "parameters": run.parameters(),
            "files": files,
        }

    def has_model(self, facts: Facts) -> bool:
        """Whether the artefact is still the one that was trained."""
        path = self.plan.folder / ARTEFACT
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == facts["sha256"]

    def register(self, before: Mapping[str, Facts]) -> StepResult:
        trained, folder = before["train"], self.plan.folder
        files = {name: (folder / name).read_bytes() for name in trained["files"]}
        with translated_errors():
            found = registry_of(self.settings, self.engine).register(
                (folder / ARTEFACT).read_bytes(), before["dataset"]["sha256"], trained["metrics"], files,
                trained["parameters"],
            )  # fmt: skip
        return StepResult(f"version {found.version} of tollgate-{self.engine}", {"version": found.version})

    def champion(self) -> str | None:
        """What is live now: the gates were asked about that one, or are asked again."""
        return model_changes.in_force(self.settings, self.engine).models.champion

    def gates(self, before: Mapping[str, Facts]) -> StepResult:
        challenger = self._registered(before)
        if self.champion() == challenger.sha256:
            offset = record_deployment(self.settings, self.engine, challenger).offset
            words = f"it is champion already, since offset {offset} of {self.engine}.controls"
            return StepResult(words, held=words)
        asked = run_gates(self.settings, self.engine, challenger, self._dataset())
        facts = {"live": asked.live, "gates": asked.gates.as_dict()}
        names = ", ".join(gate.name for gate in asked.gates.refusals)
        if not asked.gates.passed:
            why = "; ".join(f"{gate.name}: {gate.words}" for gate in asked.gates.refusals)
            return StepResult(f"refused by {names}", facts, f"refused: {why}")
        return StepResult(f"all {len(asked.gates.gates)} passed", facts)

    def challenger(self, before: Mapping[str, Facts]) -> StepResult:
        version = before["register"]["version"]
        with translated_errors():
            registry_of(self.settings, self.engine).point("challenger", version)
        return StepResult(f"version {version}", {"version": version})

    def promote(self, before: Mapping[str, Facts]) -> StepResult:
        how = self.settings.retrain_promote
        facts = {"how": how, "engine": self.engine, "dataset": str(self.data)}
        if how == "never":
            return StepResult("left to people: `tollgate promote`", facts)
        share = {"shadow": 0, "canary": round(self.settings.retrain_canary_percent * 10_000)}.get(how)
        challenger = self._registered(before)
        if how != "champion" and self._is_on_trial(challenger):
            return StepResult("on trial already", facts)
        who = (AUTHOR, f"retraining run {self.plan.name}")
        asked, trial = _gate_verdict(before["gates"]), self.plan.trial
        logged = go_live(self.settings, self.engine, challenger, asked, who, share, trial)
        words = f"{_WORDS[how]}, from offset {logged.offset} of {self.engine}.controls on"
        return StepResult(words, {**facts, "offset": logged.offset})

    def _is_on_trial(self, challenger: RegisteredVersion) -> bool:
        """Whether an earlier attempt died after its control: the log says so."""
        trial = model_changes.in_force(self.settings, self.engine).models.trial
        return trial is not None and trial.sha256 == challenger.sha256

    def _registered(self, before: Mapping[str, Facts]) -> RegisteredVersion:
        with translated_errors():
            return registry_of(self.settings, self.engine).version(before["register"]["version"])

    def _dataset(self) -> Dataset:
        with translated_errors():
            return Dataset.load(self.data)

    def _archive(self) -> LogArchive:
        return LogArchive(self.settings.home / "training" / f"engine={self.engine}", self.engine)

    def _history(self) -> EngineHistory:
        vectors = self.settings.home / "vectors" / f"engine={self.engine}"
        return from_archive(self._archive(), vectors, in_use(self.settings))


def forget_datasets(runs: Path, engine: str, but: Path | None = None) -> list[Path]:
    """Removes the data sets of all but the newest runs of an engine, and of run `but`: they can be made
    again. Which ones.
    """
    names = re.compile(rf"{re.escape(engine)}-\d{{8}}-\d{{4}}-[0-9a-f]{{8}}")
    old = [path / DATASET for path in sorted(runs.glob(f"{engine}-*")) if names.fullmatch(path.name)][:-KEPT]
    gone = [path for path in old if path.exists() and path.parent != but]
    for path in gone:
        shutil.rmtree(path)
    return gone


_WORDS: Final = {"shadow": "in shadow", "canary": "canary", "champion": "champion"}


def _gate_verdict(facts: Facts) -> GateVerdict:
    document = {name: value for name, value in facts["gates"].items() if name != "passed"}
    return GateVerdict(facts["live"], msgspec.convert(document, GateResults))


def _digest(files: list[Path]) -> str:
    """Files that never change under their names, by name and size."""
    return hashlib.sha256(
        "\n".join(f"{path.name} {path.stat().st_size}" for path in files).encode()
    ).hexdigest()
