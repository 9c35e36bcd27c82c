"""The features by their documented meaning, in the plainest Python: lists of events, recomputed for every
payment.

Shares nothing with the kernel but the catalogue's declaration. Slow on purpose: no cursor, no running sum.
"""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from math import nan

from features.catalogue import Catalogue, Feature
from features.measures import Measure

LOG_CAP = 1024
DISTINCT_CAP = 32
AMOUNT_CAP = 2**40


@dataclass(frozen=True)
class Attempt:
    """One payment as the kernel gets it: engine time, amount in EUR cents, entity hashes by name (0 or
    missing: absent), and whether it enters the windows."""

    at: int
    amount: int
    entities: dict[str, int]
    adds: bool = True


def vectors(
    catalogue: Catalogue, attempts: Iterable[Attempt], wanted: Container[int] | None = None
) -> list[list[float]]:
    """One vector per attempt, in order; with `wanted`, of the attempts with these indices only."""
    logs: dict[tuple[str, int], list[Attempt]] = defaultdict(list)
    result = []
    for index, attempt in enumerate(map(_clamped, attempts)):
        windows: dict[tuple[str, int], list[Attempt]] = {}
        if wanted is None or index in wanted:
            result.append([_value(feature, attempt, logs, windows) for feature in catalogue.features])
        if attempt.adds:
            for entity, key in attempt.entities.items():
                logs[entity, key].append(attempt)
    return result


def _value(
    feature: Feature,
    attempt: Attempt,
    logs: dict[tuple[str, int], list[Attempt]],
    windows: dict[tuple[str, int], list[Attempt]],
) -> float:
    """`windows` keeps what this attempt's other features have already selected."""
    key = attempt.entities.get(feature.entity, 0)
    if key == 0:
        return feature.default
    selected = feature.entity, feature.window_ms
    if selected not in windows:
        kept = logs[feature.entity, key][-LOG_CAP:]
        windows[selected] = [
            event for event in kept if attempt.at - feature.window_ms < event.at <= attempt.at
        ]
    return _measure(feature, attempt, windows[selected])


def _measure(feature: Feature, attempt: Attempt, window: list[Attempt]) -> float:
    if feature.measure == Measure.PAYMENT_COUNT:
        return len(window)
    if feature.measure == Measure.AMOUNT_SUM:
        return _sum(window)
    if feature.measure == Measure.AMOUNT_RATIO_TO_MEAN:
        total = _sum(window)
        return attempt.amount * len(window) / total if total else feature.default
    if feature.measure == Measure.DISTINCT:
        others = {event.entities.get(str(feature.other), 0) for event in window[-DISTINCT_CAP:]}
        return len(others - {0})
    if feature.measure == Measure.MS_SINCE_LAST_PAYMENT:
        return attempt.at - window[-1].at if window else feature.default
    return nan


def _sum(window: list[Attempt]) -> int:
    return sum([event.amount for event in window])


def _clamped(attempt: Attempt) -> Attempt:
    return replace(attempt, amount=min(max(attempt.amount, 0), AMOUNT_CAP))
