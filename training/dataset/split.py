"""Weeks to learn from, to choose by, to calibrate on and to measure with, in that order of time.

    |------- learn -------| gap |- choose -| gap |- calibrate -|- measure -| young
    |------------ learn again ------------|

Settings and the number of trees are chosen on `choose`; then the model learns again from everything up to
there. The gap is as long as labels take: when a model goes live, what happened lately is not known yet. Only
days whose silence has matured calibrate and measure: of younger ones frauds are there, the others are not.

Invariants: the parts follow each other without overlap; what calibrates and measures was not learned from.
"""

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from models.units import DAY_MS
from training.dataset.dataset import Dataset
from training.dataset.history import NEVER
from training.dataset.sampling import stays
from training.errors import NotTrainable

MATURE: Final = 0.95
"""Share of frauds that must be known of a day's payments for it to calibrate and measure."""

PART_SHARE: Final = 0.12
PART_DAYS_MAX: Final = 28.0
GAP_SHARE: Final = 0.08
GAP_DAYS_MAX: Final = 7.0
FRAUDS_MIN: Final = 20
"""With fewer frauds a part is not usable."""


class SplitSettings(Struct, frozen=True):
    """Days of the gap and of each later part; None: a share of the time there is."""

    gap_days: float | None = None
    part_days: float | None = None


@dataclass(frozen=True)
class SplitTimes:
    """Bounds in UTC ms; each part is from its start to before its end."""

    learn: tuple[int, int]
    choose: tuple[int, int]
    calibrate: tuple[int, int]
    measure: tuple[int, int]

    @property
    def again(self) -> tuple[int, int]:
        """What the final model learns from."""
        return self.learn[0], self.choose[1]


def times(start: int, end: int, settings: SplitSettings) -> SplitTimes:
    """The parts of `[start, end)`. Raises `NotTrainable` where it is too short for them."""
    span = end - start
    gap = _days(settings.gap_days, span, GAP_SHARE, GAP_DAYS_MAX)
    part = _days(settings.part_days, span, PART_SHARE, PART_DAYS_MAX)
    measured = end - part
    calibrated = measured - part
    chosen_until = calibrated - gap
    chosen_from = chosen_until - part
    learned_until = chosen_from - gap
    if learned_until - start < part:
        raise NotTrainable(
            f"{span / DAY_MS:.1f} days of matured payments are too few for three parts of "
            f"{part / DAY_MS:.1f} days and two gaps of {gap / DAY_MS:.1f}: take more time (--from), or "
            "shorter parts and gaps (--part-days, --gap-days)"
        )
    return SplitTimes(
        (start, learned_until), (chosen_from, chosen_until), (calibrated, measured), (measured, end)
    )


def _days(given: float | None, span: int, share: float, days_max: float) -> int:
    days = min(share * span / DAY_MS, days_max) if given is None else given
    return round(days * DAY_MS)


def matured_until(curve: tuple[tuple[float, float], ...], as_of: int) -> int:
    """Payments before this time (ms) have had the time in which `MATURE` of frauds become known."""
    age = next((day for day, share in curve if share >= MATURE), curve[-1][0])
    return as_of - round(age * DAY_MS)


@dataclass(frozen=True)
class DatasetSplit:
    """Rows of each part that have a label and a weight, ascending; `again` is all up to the end of `choose`,
    the first gap included, sampled alike throughout."""

    times: SplitTimes
    learn: NDArray[np.int64]
    choose: NDArray[np.int64]
    again: NDArray[np.int64]
    calibrate: NDArray[np.int64]
    measure: NDArray[np.int64]


def split(dataset: Dataset, settings: SplitSettings) -> DatasetSplit:
    """The parts of a data set. Raises `NotTrainable` naming the part that cannot be used and why."""
    _check_classes(dataset)
    manifest, occurred_at = dataset.manifest, dataset.occurred_at
    mature = matured_until(manifest.maturity, manifest.as_of)
    end = min(int(occurred_at[-1]) + 1, manifest.end, mature)
    parts = times(max(int(occurred_at[0]), manifest.start), end, settings)
    if manifest.sampling.negatives < 1.0 and parts.calibrate[0] < manifest.sampling.whole_from:
        raise NotTrainable(
            "the weeks that would calibrate and measure lack the negatives that sampling left out: make the "
            "data set with --whole-from at the day from which they begin, or shorten them (--part-days)"
        )
    rows = {name: _rows(dataset, getattr(parts, name)) for name in _NAMES}
    rows["again"] = _sampled_alike(dataset, rows["again"])
    for name, at in rows.items():
        _check(name, dataset.label[at], getattr(parts, name))
    return DatasetSplit(parts, **rows)


def _check_classes(dataset: Dataset) -> None:
    rows = dataset.manifest.rows
    for name, others in (("fraud", "legitimate"), ("legitimate", "fraud")):
        if not rows[name]:
            raise NotTrainable(
                f"none of the {len(dataset):,} payments in {dataset.folder} is known to be {name} "
                f"({rows[others]:,} {others}, {rows['none']:,} without a label): take more time, a later "
                "--as-of, or look into --labels and --silence"
            )


_NAMES: Final = ("learn", "choose", "again", "calibrate", "measure")


def _rows(dataset: Dataset, part: tuple[int, int]) -> NDArray[np.int64]:
    low, high = np.searchsorted(dataset.occurred_at, part)
    used = (dataset.label[low:high] >= 0) & (dataset.weight[low:high] > 0)
    rows: NDArray[np.int64] = np.flatnonzero(used) + low
    return rows


def _sampled_alike(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those that would have stayed had nothing been left whole: else fraud would look rarer in the weeks that
    choose, whatever tells them from earlier ones would look innocent, and no one shift would mend the prior.
    """
    if dataset.manifest.sampling.negatives >= 1.0:
        return rows
    everywhere = msgspec.structs.replace(dataset.manifest.settings, whole_from=NEVER)
    return rows[stays(dataset.facts.take(pa.array(rows)), dataset.label[rows], everywhere)]


def _check(name: str, label: NDArray[np.int8], part: tuple[int, int]) -> None:
    frauds, others = int((label == 1).sum()), int((label == 0).sum())
    if min(frauds, others) >= FRAUDS_MIN:
        return
    first, last = (np.datetime64(at, "ms").astype("datetime64[D]") for at in part)
    found = f"{frauds:,} frauds and {others:,} legitimate payments"
    raise NotTrainable(
        f"the part to {name}, {first} to {last}, has {found}; it takes {FRAUDS_MIN} of each: take more time, "
        "longer parts (--part-days), or a later --as-of, when more labels are known"
    )
