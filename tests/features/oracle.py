"""The features by their documented meaning, in the plainest Python: lists of events, recomputed for every
payment.

Shares nothing with the kernel but the catalogue's declaration. Slow on purpose: no cursor, no running sum.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
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


def vectors(catalogue: Catalogue, attempts: Iterable[Attempt]) -> list[list[float]]:
    """One vector per attempt, in order."""
    logs: dict[tuple[str, int], list[Attempt]] = defaultdict(list)
    result = []
    for attempt in attempts:
        result.append([_value(feature, attempt, logs) for feature in catalogue.features])
        if attempt.adds:
            for entity, key in attempt.entities.items():
                logs[entity, key].append(attempt)
    return result


def _value(feature: Feature, attempt: Attempt, logs: dict[tuple[str, int], list[Attempt]]) -> float:
    key = attempt.entities.get(feature.entity, 0)
    if key == 0:
        return feature.default
    kept = logs[feature.entity, key][-LOG_CAP:]
    window = [event for event in kept if attempt.at - feature.window_ms < event.at <= attempt.at]
    return _measure(feature, attempt, window)


def _measure(feature: Feature, attempt: Attempt, window: list[Attempt]) -> float:
    amounts = [_clamped(event.amount) for event in window]
    if feature.measure == Measure.PAYMENT_COUNT:
        return len(window)
    if feature.measure == Measure.AMOUNT_SUM:
        return sum(amounts)
    if feature.measure == Measure.AMOUNT_RATIO_TO_MEAN:
        if sum(amounts) == 0:
            return feature.default
        return _clamped(attempt.amount) * len(amounts) / sum(amounts)
    if feature.measure == Measure.DISTINCT:
        others = {event.entities.get(str(feature.other), 0) for event in window[-DISTINCT_CAP:]}
        return len(others - {0})
    if feature.measure == Measure.MS_SINCE_LAST_PAYMENT:
        return attempt.at - window[-1].at if window else feature.default
    return nan


def _clamped(amount: int) -> int:
    return min(max(amount, 0), AMOUNT_CAP)
