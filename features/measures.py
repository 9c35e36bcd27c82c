"""What can be measured over an entity's earlier payments: one entry per measure, shared by kernel and docs.

A window `w` of a payment at engine time `t` holds the entity's earlier events with `t - w < time <= t`: the
payment itself is not among them, those before it at the same millisecond are. Two caps bound memory and time,
and belong to the meaning of every feature:

* an entity keeps its last `EVENTS_MAX` events; the oldest is dropped, so long windows of very busy entities
  saturate;
* distinct others are told apart among the last `DISTINCT_EVENTS_MAX` events of the window.

Amounts are integers in EUR cents, clamped to `0..AMOUNT_MAX`: so every sum is exact in int64 and in float64.
"""

from dataclasses import dataclass
from enum import IntEnum

EVENTS_MAX = 1024
DISTINCT_EVENTS_MAX = 32
AMOUNT_MAX = 2**40
WINDOW_MS_MAX = 30 * 86_400_000
"""The longest window an exact log may have; longer ones belong to buckets."""


class Measure(IntEnum):
    """The operations the kernel knows; the number is the kernel's code for it."""

    PAYMENT_COUNT = 0
    AMOUNT_SUM = 1
    AMOUNT_RATIO_TO_MEAN = 2
    DISTINCT = 3
    MS_SINCE_LAST_PAYMENT = 4


@dataclass(frozen=True, slots=True)
class MeasureDefinition:
    """How a measure is named and explained. `{entity}`, `{window}`, `{others}` and `{unit}` are filled in.

    `windowed` tells whether the window is part of the name; otherwise it only says how far back is looked.
    """

    name: str
    unit: str
    meaning: str
    windowed: bool = True
    needs_other: bool = False


DEFINITIONS: dict[Measure, MeasureDefinition] = {
    Measure.PAYMENT_COUNT: MeasureDefinition(
        name="{entity}_payment_count_{window}",
        unit="payments",
        meaning="earlier payments of the {entity} in the last {window}",
    ),
    Measure.AMOUNT_SUM: MeasureDefinition(
        name="{entity}_amount_sum_{window}",
        unit="EUR cents",
        meaning="sum of the amounts of the {entity}'s earlier payments in the last {window}",
    ),
    Measure.AMOUNT_RATIO_TO_MEAN: MeasureDefinition(
        name="{entity}_amount_ratio_to_mean_{window}",
        unit="ratio",
        meaning="this payment's amount over the mean amount of the {entity}'s earlier payments "
        "in the last {window}; unknown when there are none or their sum is 0",
    ),
    Measure.DISTINCT: MeasureDefinition(
        name="{entity}_distinct_{others}_{window}",
        unit="{others}",
        meaning="different {others} among the {entity}'s earlier payments in the last {window} "
        f"(at most the last {DISTINCT_EVENTS_MAX} of them); absent ones do not count",
        needs_other=True,
    ),
    Measure.MS_SINCE_LAST_PAYMENT: MeasureDefinition(
        name="{entity}_ms_since_last_payment",
        unit="ms",
        meaning="time since the {entity}'s last payment before this one; "
        "unknown when there is none in the last {window}",
        windowed=False,
    ),
}
