"""Catalogues unlike the usual one, so that kernel and oracle meet every kind of layout."""

import numpy as np
import numpy.typing as npt

from features.catalogue import CATALOGUE, ENTITIES, Catalogue, Entity, Family
from features.catalogue import measures as m
from features.catalogue.measures import Measure, Op, Tally
from features.columns.events import Events, Stream
from models.kernels import kernel


@kernel
def _weekend(events: Events) -> npt.NDArray[np.int64]:
    marks = np.zeros(events.at.shape[0], np.int64)
    for index in range(events.at.shape[0]):
        marks[index] = 1 if (events.at[index] // 86_400_000 + 3) % 7 >= 5 else 0
    return marks


WEEKEND = Tally("weekend", Stream.ATTEMPT, 1, _weekend)
ROUND = Tally("round_euros", Stream.ATTEMPT, 2**33, lambda e: np.where(e.amount % 100 == 0, e.amount % 9, 0))
REFUSED_EUROS = Tally(
    "refused_euros", Stream.OUTCOME, 10**6, lambda e: np.where(e.code >= 16, np.abs(e.amount) % 1000, 0)
)
SUSPECT = Tally("suspect", Stream.LABEL, 3, lambda e: np.where(e.code == 3, 2, 0) + (e.code == 1))


def own(
    name: str, op: Op, tally: Tally | None, over: Tally | None = None, *, windowed: bool = True
) -> Measure:
    """A measure of the user's own."""
    stream = Stream.ATTEMPT if tally is None else tally.stream
    window = "_{window}" if windowed else ""
    return Measure(f"{{entity}}_{name}{window}", "things", "something", op, stream, tally, over, windowed)


WIDE = Catalogue(
    [*ENTITIES, Entity("issuer_country", "has no features of its own")],
    [
        Family("card", m.PAYMENT_COUNT, tuple(f"{minutes}m" for minutes in range(1, 15)), default=-2.0),
        Family("card", m.AMOUNT_SUM, ("30d",), default=-1.0),
        *(
            Family("card", m.DISTINCT, ("3m", "2h", "30d"), other=other)
            for other in ("customer", "device", "ip", "merchant", "issuer_country")
        ),
        Family("card", m.SMALL_COUNT, ("1h", "365d")),
        Family("card", m.NIGHT_SHARE, ("7d", "lifetime")),
        Family("ip", m.AMOUNT_RATIO_TO_MEAN, ("5m", "1h"), default=1.0),
        Family("device", m.HOURS_SINCE_LAST, default=0.0),
        Family("device", m.SPEED, default=-1.0),
        Family("merchant", m.FRAUD_SHARE_OF_APPROVED, ("3m", "31d", "365d", "lifetime")),
        Family("merchant", m.COHORT_FRAUD_RATE, ("90d", "180d")),
        Family("bin_merchant", m.HABIT_SHARE),
        Family("bin_merchant", m.AMOUNT_DEVIATION, ("1m", "30d", "40d", "lifetime")),
        Family("bin_merchant", m.HOURS_SINCE_DECLINED),
        Family("card", m.FRAUD_COUNT, ("1h", "lifetime")),
        Family("merchant", m.HOURS_SINCE_FRAUDS_BEGAN, default=-1.0),
    ],
)
"""A layout unlike the usual one: many windows of one log, five others, an entity without features."""

NARROW = Catalogue(
    ENTITIES[:2],
    [
        Family("card", m.PAYMENT_COUNT, ("1h", "30d")),
        Family("card", m.AMOUNT_SUM, ("1h", "30d")),
        Family("card", m.AMOUNT_RATIO_TO_MEAN, ("30d",)),
        Family("card", m.DISTINCT, ("1h", "30d"), other="customer"),
        Family("card", m.HOURS_SINCE_LAST),
    ],
)
"""Few features, so that the oracle can follow long logs."""

BUSY = Catalogue(
    [ENTITIES[0]],
    [
        Family("card", m.PAYMENT_COUNT, ("1m", "1h", "24h", "7d", "30d", "31d", "90d", "365d", "lifetime")),
        Family("card", m.AMOUNT_SUM, ("1h", "24h", "7d", "30d", "90d", "lifetime")),
        Family("card", m.AMOUNT_RATIO_TO_MEAN, ("1h", "7d", "90d", "lifetime")),
        Family("card", m.AMOUNT_DEVIATION, ("1h", "30d", "365d", "lifetime")),
        Family("card", m.AMOUNT_MAX_OF, ("1h", "30d")),
        Family("card", m.SAME_AMOUNT_COUNT, ("1h", "30d")),
        Family("card", m.DISTINCT, ("1h", "30d"), other="merchant"),
        Family("card", m.NIGHT_SHARE, ("7d", "365d")),
        Family("card", m.SMALL_SHARE, ("24h",)),
        Family("card", m.HOURS_SINCE_FIRST),
        Family("card", m.HABIT_SHARE),
        Family("card", m.DECLINED_COUNT, ("1m", "1h", "24h", "30d", "90d", "lifetime")),
        Family("card", m.DECLINED_SHARE, ("1h", "30d", "365d")),
        Family("card", m.HOURS_SINCE_DECLINED),
        Family("card", m.FRAUD_COUNT, ("1h", "30d", "90d", "lifetime")),
        Family("card", m.FRAUD_SHARE_OF_LABELS, ("1h", "24h", "30d", "365d")),
        Family("card", m.FRAUD_SHARE_OF_APPROVED, ("1h", "30d", "90d")),
        Family("card", m.HOURS_SINCE_FRAUD),
        Family("card", m.FRAUDS_SINCE_CLEARED),
        Family("card", m.HOURS_SINCE_FRAUDS_BEGAN),
        Family("card", m.COHORT_FRAUD_RATE, ("180d",)),
    ],
)
"""One entity with every stream and kind of window, for logs beyond every limit."""

DAYS_ONLY = Catalogue(
    ENTITIES[:9],
    [
        Family("card", m.PAYMENT_COUNT, ("31d", "90d", "365d")),
        Family("card", m.AMOUNT_MEAN, ("45d",)),
        Family("device", m.DECLINED_SHARE, ("60d", "365d")),
        Family("device", m.FRAUD_SHARE_OF_APPROVED, ("90d",)),
        Family("merchant", m.FRAUD_COUNT, ("90d",)),
    ],
)
"""No exact window anywhere."""

LIFETIME_ONLY = Catalogue(
    [ENTITIES[0], ENTITIES[6], ENTITIES[9]],
    [
        Family("card", m.PAYMENT_COUNT),
        Family("card", m.AMOUNT_DEVIATION),
        Family("card", m.DECLINED_SHARE),
        Family("merchant", m.FRAUD_COUNT),
        Family("merchant", m.FRAUD_SHARE_OF_APPROVED),
        Family("merchant", m.HOURS_SINCE_FRAUD),
        Family("merchant", m.FRAUDS_SINCE_CLEARED, default=-2.0),
        Family("card_device", m.IS_NEW),
        Family("card_device", m.HOURS_SINCE_FIRST, default=-1.0),
    ],
)
"""Totals and marks only."""

OWN = Catalogue(
    ENTITIES,
    [
        Family("card", own("weekend_share", Op.SHARE, WEEKEND), ("1h", "30d", "90d")),
        Family("card", own("round_sum", Op.SUM, ROUND), ("10m", "24h", "lifetime")),
        Family("card", own("round_over_weekend", Op.SHARE, ROUND, WEEKEND), ("7d",)),
        Family("card", own("hours_since_weekend", Op.SINCE_LAST_OF, WEEKEND, windowed=False)),
        Family("card", own("run_of_rounds", Op.RUN, ROUND, WEEKEND, windowed=False)),
        Family("card", own("hours_since_rounds", Op.SINCE_RUN, ROUND, WEEKEND, windowed=False)),
        Family("card", own("run_of_weekends", Op.RUN, WEEKEND, ROUND, windowed=False)),
        Family("ip", own("refused_euros", Op.SUM, REFUSED_EUROS), ("1h", "30d", "365d")),
        Family("ip", own("refused_over_amount", Op.SHARE, REFUSED_EUROS, m.AMOUNT), ("24h", "60d")),
        Family("merchant", own("suspect_share", Op.SHARE, SUSPECT, m.LABELLED), ("7d", "90d"), default=0.5),
        Family("merchant", own("hours_since_suspect", Op.SINCE_LAST_OF, SUSPECT, windowed=False)),
        Family("merchant", own("weekends_a_refusal", Op.SHARE, WEEKEND, REFUSED_EUROS), ("30d", "lifetime")),
    ],
)
"""The user's own tallies, a compiled function and plain numpy ones, over all streams and across them."""

CATALOGUES = {
    "usual": CATALOGUE,
    "wide": WIDE,
    "narrow": NARROW,
    "busy": BUSY,
    "days": DAYS_ONLY,
    "lifetime": LIFETIME_ONLY,
    "own": OWN,
}
