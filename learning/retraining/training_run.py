"""One training run: a data set made or loaded, a model trained, its files written.

Files in a folder, each whole under its name: `model.json` (the artefact), `report.html`,
`model-card.md`, `trials.json`, and the data set's manifest. The same data set gives the same bytes of each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from learning.registered import CARD
from storage import write_atomically
from training.dataset import Dataset
from training.fit import OURS, TrainedModel
from training.registry import RegisteredVersion, Registry
from training.report import TrainingReport, card, html, report

ARTEFACT: Final = "model.json"
REPORT: Final = "report.html"
TRIALS: Final = "trials.json"
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True)
class TrainingRun:
    """A trained model, its report and its files by name."""

    trained: TrainedModel
    report: TrainingReport
    files: Mapping[str, bytes]

    def metrics(self) -> dict[str, float]:
        """The model's figures under names that MLflow takes; what is not defined is left out."""
        found = self.trained.figures[OURS]
        return {_plain(name): value for name, value in found.items() if value == value}  # noqa: PLR0124 - NaN

    def parameters(self) -> dict[str, str]:
        """The settings that were chosen, and how the model was calibrated."""
        chosen = {name: str(value) for name, value in msgspec.to_builtins(self.trained.boost).items()}
        return chosen | {"calibration": self.trained.calibration.kind}

    def write(self, folder: Path) -> None:
        """All files, into a folder."""
        for name, content in self.files.items():
            write_atomically(folder / name, content, durable=True)


def package_run(trained: TrainedModel, dataset: Dataset, title: str) -> TrainingRun:
    """The run's report and files."""
    page = report(trained, dataset.manifest, title)
    trials = msgspec.json.format(msgspec.json.encode(trained.trials), indent=1)
    files = {
        ARTEFACT: trained.artefact,
        REPORT: html(page).encode(),
        CARD: card(page).encode(),
        TRIALS: trials,
        MANIFEST: (dataset.folder / MANIFEST).read_bytes(),
    }
    return TrainingRun(trained, page, files)


def register_run(run: TrainingRun, dataset: Dataset, registry: Registry) -> RegisteredVersion:
    """The run's version in MLflow, with all its files; it becomes the challenger. Raises `RegistryError`,
    `RegistryUnreachable`.
    """
    files = {name: content for name, content in run.files.items() if name != ARTEFACT}
    found = registry.register(
        run.trained.artefact, dataset.manifest.sha256, run.metrics(), files, run.parameters()
    )
    registry.point("challenger", found.version)
    return found


def closing_rows(run: TrainingRun, figure: Callable[[Any], str]) -> list[tuple[str, ...]]:
    """The figures of the model and its references, head first."""
    head = ("", *run.report.models)
    return [
        head,
        *((name, *(figure(value) for value in values)) for name, values in run.report.figures.items()),
    ]


def _plain(name: str) -> str:
    """
    >>> _plain("recall at 0.5 % alerts"), _plain("predicted / observed, top 1 %")
    ('recall_at_0.5_percent_alerts', 'predicted_over_observed_top_1_percent')
    """
    words = name.lower().replace("%", "percent").replace("/", "over").replace(",", "").replace("-", " ")
    return "_".join(words.split())
