"""What the logs of a snapshot are, in words, and how those of an older catalogue go into a newer one's.

Per log of the newer catalogue, the same log of the older one is matched by entity (with its tokens) and
stream, its tallies, windows and others by name; what the newer catalogue no longer has is dropped.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from features.catalogue import EXACT_MS_MAX, LIFETIME_MS, Catalogue, Feature, Op
from features.kernel import (
    COHORT,
    RUNNING,
    LogPlan,
    plans_of,
    run_of,
    tallies_of,
)
from models.arrays import Bools, Int64s


class LogNames(msgspec.Struct, frozen=True):
    """What a log keeps, in words: how the logs of an older snapshot are recognised."""

    entity: str
    tokens: list[str]
    stream: int
    tallies: list[str]
    windows: list[int]
    others: list[str]
    marks: list[str]
    first: bool
    runs: list[tuple[str, str]] = []


class SnapshotContents(msgspec.Struct, frozen=True):
    """What a snapshot's logs and features are, in words. `full_at`: see the module."""

    logs: list[LogNames]
    full_at: dict[str, int]
    definitions: dict[str, str]


def contents_of(catalogue: Catalogue, full_at: Int64s) -> SnapshotContents:
    """The description that goes into a snapshot."""
    features = catalogue.features
    return SnapshotContents(
        [_names(catalogue, plan) for plan in plans_of(catalogue)],
        {feature.name: int(at) for feature, at in zip(features, full_at, strict=True)},
        {feature.name: _definition(feature) for feature in features},
    )


def _names(catalogue: Catalogue, plan: LogPlan) -> LogNames:
    return LogNames(
        plan.entity,
        list(catalogue.by_name[plan.entity].tokens),
        plan.stream,
        [tally.name for tally in plan.tallies],
        [*plan.exact, *plan.days],
        list(plan.others),
        [tally.name for tally in plan.marks],
        plan.first,
        _run_names(plan),
    )


def _run_names(plan: LogPlan) -> list[tuple[str, str]]:
    return [(tally.name, over.name) for tally, over in plan.runs]


def _definition(feature: Feature) -> str:
    tallies = " ".join(tally.name for tally in tallies_of(feature))
    op, stream = feature.measure.op.name, feature.measure.stream.name
    return f"{feature.entity} {op} {stream} {tallies} {feature.window_ms} {feature.other}"


def full_times(catalogue: Catalogue, old: SnapshotContents, now: int, busy: Bools) -> Int64s:
    """From when on each feature is complete. `busy[log]`: old logs of which some entity has
    buckets."""
    logs = {(log.entity, tuple(log.tokens), log.stream): at for at, log in enumerate(old.logs)}
    times = []
    for feature in catalogue.features:
        if old.definitions.get(feature.name) == _definition(feature):
            times.append(old.full_at[feature.name])
        else:
            tokens = catalogue.by_name[feature.entity].tokens
            parts = [
                _full_at(feature, old, logs.get((feature.entity, tokens, stream)), now, busy)
                for stream in _streams(feature)
            ]
            times.append(max(parts))
    return np.array(times, np.int64)


def _streams(feature: Feature) -> list[int]:
    if feature.measure.op is Op.COHORT_RATE:
        return [COHORT]
    over = feature.measure.over
    return [int(feature.measure.stream), *([int(over.stream)] if over is not None else [])]


def _full_at(feature: Feature, old: SnapshotContents, log_index: int | None, now: int, busy: Bools) -> int:
    window = feature.window_ms if feature.window_ms != LIFETIME_MS else EXACT_MS_MAX
    if log_index is None:
        return now + window
    log = old.logs[log_index]
    if busy[log_index] or not _keeps(log, feature):
        return now + window
    held = max([0, *log.windows]) if feature.window_ms > EXACT_MS_MAX else _longest_exact(log)
    return 0 if feature.window_ms <= held else now + feature.window_ms - held


def _keeps(log: LogNames, feature: Feature) -> bool:
    """Whether an old log kept all that the feature is computed from, whatever its windows."""
    op = feature.measure.op
    tallies = {tally.name for tally in tallies_of(feature) if int(tally.stream) == log.stream}
    if op is Op.SINCE_FIRST and not log.first:
        return False
    if op is Op.SINCE_LAST_OF and not tallies <= set(log.marks):
        return False
    if op in RUNNING and tuple(tally.name for tally in run_of(feature)) not in log.runs:
        return False
    known = tallies <= set(log.tallies) and (feature.other is None or feature.other in log.others)
    return known and op not in {Op.SPEED, Op.HABIT_SHARE}


def _longest_exact(log: LogNames) -> int:
    return max([0, *(window for window in log.windows if window <= EXACT_MS_MAX)])


class LogMatch(msgspec.Struct, frozen=True):
    """Where the parts of one old log go; -1 where the new log has no such part."""

    log: int
    """Its number in the new catalogue."""
    tallies: list[int]
    """Of each new tally the place of the old one."""
    others: list[int]
    marks: list[int]
    runs: list[int]
    windows: list[int]
    """Of each new exact window the place of the old window of the same length."""

    def arrays(self) -> tuple[Int64s, Int64s, Int64s, Int64s, Int64s]:
        """All but `log`, as the kernel takes them."""
        return (
            np.array(self.tallies, np.int64),
            np.array(self.others, np.int64),
            np.array(self.marks, np.int64),
            np.array(self.runs, np.int64),
            np.array(self.windows, np.int64),
        )


def matches(catalogue: Catalogue, old: SnapshotContents) -> list[LogMatch]:
    """How the old logs go into the new ones; an old log without a new one has `log` -1."""
    new = [_names(catalogue, plan) for plan in plans_of(catalogue)]
    by_key = {(log.entity, tuple(log.tokens), log.stream): at for at, log in enumerate(new)}
    found = []
    for log in old.logs:
        at = by_key.get((log.entity, tuple(log.tokens), log.stream), -1)
        target = new[at] if at >= 0 else log
        exact = [window for window in target.windows if window <= EXACT_MS_MAX]
        found.append(
            LogMatch(
                at,
                _places(target.tallies, log.tallies),
                _places(target.others, log.others),
                _places(target.marks, log.marks),
                _places(target.runs, log.runs),
                _places(exact, log.windows),
            )
        )
    return found


def _places(wanted: Sequence[Any], there: Sequence[Any]) -> list[int]:
    return [there.index(name) if name in there else -1 for name in wanted]
