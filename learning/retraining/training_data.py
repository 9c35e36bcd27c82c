"""The data set of a training run: made so that what calibrates and measures stays whole."""

from pathlib import Path
from typing import Any

import msgspec

from learning.history import HistoryOrigin, Silence, dataset_settings
from training.dataset import (
    Dataset,
    DatasetSettings,
    PaymentHistory,
    Progress,
    SplitSettings,
    build_dataset,
    column,
    labels_at,
    matured_until,
    maturity_curve,
    times,
)


def make_dataset(
    history: PaymentHistory,
    origin: HistoryOrigin,
    folder: Path,
    progress: Progress,
    split: SplitSettings,
    silence: Silence,
    as_of: int | None,
    **more: Any,
) -> Dataset:
    """The data set of these payments. Sampling leaves everything whole from the weeks that choose settings.
    Raises `TrainingError`.
    """
    given = {name: value for name, value in more.items() if value is not None}
    settings = dataset_settings(history, origin, silence, as_of, **given)
    if settings.negatives < 1.0:
        settings = msgspec.structs.replace(settings, whole_from=_whole_from(history, settings, split))
    return build_dataset(history, settings, folder, progress)


def _whole_from(history: PaymentHistory, settings: DatasetSettings, split: SplitSettings) -> int:
    """When the weeks begin that choose settings, as `training.dataset.split` will have it."""
    at = column(history.attempts, "occurred_at")
    at = at[(at >= settings.start) & (at < settings.end)]
    if not len(at):
        return 0
    curve = maturity_curve(labels_at(history.attempts, history.evidence, settings).weight_of_silence)
    end = min(int(at[-1]) + 1, settings.end, matured_until(curve, settings.as_of))
    return times(max(int(at[0]), settings.start), end, split).choose[0]
