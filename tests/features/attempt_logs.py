"""Logs of attempts for tests: Hypothesis strategies, seeded large ones, and the arrays the kernel takes."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from oracle import Attempt

from features.catalogue import ENTITIES, Catalogue, Entity, Family
from features.measures import Measure
from features.state import FeatureState

START = 1_700_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
GAPS = (
    0,
    0,
    0,
    1,
    999,
    MINUTE - 1,
    MINUTE,
    9 * MINUTE,
    HOUR,
    6 * HOUR,
    DAY - 1,
    DAY,
    7 * DAY,
    30 * DAY,
    45 * DAY,
)
AMOUNTS = st.one_of(st.sampled_from([0, 1, 999, -5, 2**40, 2**62]), st.integers(1, 10_000_000))

WIDE = Catalogue(
    [*ENTITIES, Entity("issuer", "issuers", "has no features of its own")],
    [
        Family("card", Measure.PAYMENT_COUNT, tuple(f"{minutes}m" for minutes in range(1, 15))),
        Family("card", Measure.AMOUNT_SUM, ("30d",), default=-1.0),
        *(
            Family("card", Measure.DISTINCT, ("3m", "2h", "30d"), other=other)
            for other in ("customer", "device", "ip", "merchant", "issuer")
        ),
        Family("ip", Measure.AMOUNT_RATIO_TO_MEAN, ("5m", "1h"), default=1.0),
        Family("device", Measure.MS_SINCE_LAST_PAYMENT, ("10m",), default=0.0),
    ],
)
"""A layout unlike the usual one: two cache lines a record, five others, an entity without features."""

NARROW = Catalogue(
    ENTITIES[:2],
    [
        Family("card", Measure.PAYMENT_COUNT, ("1h", "30d")),
        Family("card", Measure.AMOUNT_SUM, ("1h", "30d")),
        Family("card", Measure.AMOUNT_RATIO_TO_MEAN, ("30d",)),
        Family("card", Measure.DISTINCT, ("1h", "30d"), other="customer"),
        Family("card", Measure.MS_SINCE_LAST_PAYMENT, ("30d",)),
    ],
)
"""Few features, so that the oracle can follow long logs."""


@st.composite
def attempts(draw: st.DrawFn, catalogue: Catalogue, *, keys: int = 3, size: int = 60) -> list[Attempt]:
    """Bursts, ties and gaps beyond all windows, absent entities, read-only attempts, extreme amounts."""
    now = START
    log = []
    for _ in range(draw(st.integers(1, size))):
        now += draw(st.sampled_from(GAPS))
        entities = {name: draw(st.integers(0, keys)) for name in catalogue.entities}
        log.append(Attempt(now, draw(AMOUNTS), entities, draw(st.integers(0, 5)) > 0))
    return log


@st.composite
def cuts(draw: st.DrawFn, log: Sequence[Attempt]) -> list[int]:
    """Ends of batches; the last is the end of the log."""
    return [*sorted(draw(st.sets(st.integers(1, len(log)), max_size=6)) - {len(log)}), len(log)]


def random_log(catalogue: Catalogue, seed: int, size: int, *, keys: int, gap_ms: int) -> list[Attempt]:
    """A longer log than Hypothesis would draw: seeded, evenly busy."""
    numbers = np.random.default_rng(seed)
    times = START + np.cumsum(numbers.integers(0, gap_ms, size))
    tokens = numbers.integers(0, keys, (size, len(catalogue.entities)))
    amounts = numbers.integers(1, 100_000, size)
    return [
        Attempt(
            int(at), int(amount), dict(zip(catalogue.entities, map(int, row), strict=True)), bool(amount % 9)
        )
        for at, amount, row in zip(times, amounts, tokens, strict=True)
    ]


def kernel_vectors(
    state: FeatureState, log: Sequence[Attempt], ends: Sequence[int] | None = None
) -> npt.NDArray[np.float64]:
    """The state's vectors for a log cut into batches."""
    batches = [batch(state, part) for part in parts(log, ends or [len(log)])]
    return np.concatenate(batches)


def parts(log: Sequence[Attempt], ends: Sequence[int]) -> Iterator[Sequence[Attempt]]:
    """The log in batches ending at `ends`."""
    for start, end in zip([0, *ends], ends, strict=False):
        yield log[start:end]


def batch(state: FeatureState, log: Sequence[Attempt]) -> npt.NDArray[np.float64]:
    """One call of `update`."""
    names = state.catalogue.entities
    at = np.array([attempt.at for attempt in log], dtype=np.int64)
    entities = np.array(
        [[attempt.entities.get(name, 0) for attempt in log] for name in names], dtype=np.uint64
    )
    amounts = np.array([attempt.amount for attempt in log], dtype=np.int64)
    adds = np.array([attempt.adds for attempt in log], dtype=np.bool_)
    out = np.full((len(log), len(state.catalogue.features)), 12345.0)
    state.update(at, entities, amounts, adds, out)
    return out


def assert_same_bits(actual: npt.NDArray[np.float64], expected: npt.ArrayLike) -> None:
    """Equal to the last bit; any NaN equals any NaN."""
    wanted = np.asarray(expected, dtype=np.float64)
    assert actual.shape == wanted.shape
    same = (actual.view(np.int64) == wanted.view(np.int64)) | (np.isnan(actual) & np.isnan(wanted))
    row, column = np.argwhere(~same)[0] if not same.all() else (0, 0)
    assert same.all(), f"row {row}, column {column}: {actual[row, column]} instead of {wanted[row, column]}"
