"""Logs of events for tests: a few words for single events, Hypothesis strategies and seeded large logs.

A test writes `Event`s, as a reader would; `columns` makes them the `Events` that kernel and oracle take.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st

from features.catalogue import Catalogue
from features.columns.events import LABEL_CODES, OUTCOME_CODES, TOKENS, Events, Stream
from features.columns.location import pack
from models.messages.label import LabelValue
from models.messages.outcome import DeclineGroup, OutcomeKind

START = 1_700_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
GAPS = (0, 0, 0, 1, 999, MINUTE - 1, MINUTE, 9 * MINUTE, HOUR, 6 * HOUR, DAY - 1, DAY, 7 * DAY)
SILENCES = tuple(
    days * DAY + more for days in (30, 31, 60, 89, 90, 91, 180, 181, 365, 366) for more in (-1, 0, 1)
)
"""About every window over a week and every retention."""
AMOUNTS = st.one_of(
    st.sampled_from([0, 1, 199, 200, 999, -5, 2**40 - 1, 2**40, 2**62]), st.integers(1, 10_000_000)
)
PLACES = (0, 0, pack(48.2, 16.4), pack(48.2, 16.3), pack(-33.9, 151.2), pack(90.0, 0.0))


@dataclass(frozen=True)
class Event:
    """One row of `Events`; `tokens` by name, hashes from 1 up, absent ones left out or 0."""

    at: int
    amount: int = 100
    tokens: dict[str, int] = field(default_factory=dict)
    adds: bool = True
    stream: Stream = Stream.ATTEMPT
    code: int = 0
    occurred_at: int = START
    place: int = 0


def attempt(at: int, amount: int = 100, *, adds: bool = True, place: int = 0, **tokens: int) -> Event:
    """A payment attempt."""
    return Event(at, amount, tokens, adds, Stream.ATTEMPT, 0, at, place)


def outcome(
    at: int,
    kind: OutcomeKind,
    group: DeclineGroup | None = None,
    occurred_at: int | None = None,
    **tokens: int,
) -> Event:
    """What became of a payment of these tokens."""
    code = OUTCOME_CODES[kind, group]
    return Event(at, 100, tokens, True, Stream.OUTCOME, code, at if occurred_at is None else occurred_at)


def label(at: int, value: LabelValue, occurred_at: int | None = None, **tokens: int) -> Event:
    """What a payment of these tokens turned out to be."""
    code = LABEL_CODES[value]
    return Event(at, 100, tokens, True, Stream.LABEL, code, at if occurred_at is None else occurred_at)


def columns(log: Sequence[Event]) -> Events:
    """The events as kernel and oracle take them."""
    return Events(
        at=np.array([event.at for event in log], np.int64),
        stream=np.array([int(event.stream) for event in log], np.int64),
        code=np.array([event.code for event in log], np.int64),
        adds=np.array([event.adds for event in log], np.bool_),
        amount=np.array([event.amount for event in log], np.int64),
        occurred_at=np.array([event.occurred_at for event in log], np.int64),
        place=np.array([event.place for event in log], np.int64),
        tokens=np.array([[event.tokens.get(name, 0) for event in log] for name in TOKENS], np.uint64),
    )


def cut(events: Events, start: int, end: int) -> Events:
    """Rows `start` to `end`, as arrays of their own."""
    return Events._make(np.ascontiguousarray(column[..., start:end]) for column in events)


def tokens_of(catalogue: Catalogue) -> list[str]:
    """The tokens that a catalogue looks at."""
    entities = [catalogue.by_name[feature.entity] for feature in catalogue.features]
    used = {token for entity in entities for token in entity.tokens}
    return sorted(used | {feature.other for feature in catalogue.features if feature.other is not None})


@st.composite
def logs(draw: st.DrawFn, catalogue: Catalogue, *, keys: int = 2, size: int = 40) -> list[Event]:
    """All streams in bursts, ties and gaps beyond all windows; absent tokens, read-only attempts, extremes.

    Labels and outcomes speak of payments of any time before them, or of none.
    """
    names = tokens_of(catalogue)
    now, log = START + draw(st.sampled_from([0, 1, 7 * DAY // 3])), []
    for _ in range(draw(st.integers(1, size))):
        now += draw(st.one_of(st.sampled_from(GAPS), st.sampled_from(GAPS), st.sampled_from(SILENCES)))
        row = draw(st.lists(st.integers(0, keys), min_size=len(names), max_size=len(names)))
        stream, code = draw(KINDS)
        happened = now - draw(st.sampled_from((0, MINUTE, 3 * DAY, *SILENCES, 2 * now, -HOUR)))
        place, adds = draw(st.sampled_from(PLACES)), draw(st.integers(0, 5)) > 0 or stream != Stream.ATTEMPT
        tokens = dict(zip(names, row, strict=True))
        log.append(Event(now, draw(AMOUNTS), tokens, adds, stream, code, happened, place))
    return log


KINDS = st.one_of(
    st.just((Stream.ATTEMPT, 0)),
    st.tuples(st.just(Stream.OUTCOME), st.sampled_from([*OUTCOME_CODES.values()])),
    st.tuples(st.just(Stream.LABEL), st.sampled_from([*LABEL_CODES.values()])),
)
"""Stream and code of a row."""


@st.composite
def cuts(draw: st.DrawFn, log: Sequence[Event]) -> list[int]:
    """Ends of batches; the last is the end of the log."""
    return [*sorted(draw(st.sets(st.integers(1, len(log)), max_size=6)) - {len(log)}), len(log)]


def random_log(
    catalogue: Catalogue,
    seed: int,
    size: int,
    *,
    keys: int,
    gap_ms: int,
    shares: tuple[float, float, float] = (0.6, 0.25, 0.15),
) -> list[Event]:
    """A longer log than Hypothesis would draw: seeded, evenly busy; `shares` of the streams."""
    numbers = np.random.default_rng(seed)
    names = tokens_of(catalogue)
    times = (START + np.cumsum(numbers.integers(0, gap_ms, size))).tolist()
    tokens = numbers.integers(0, keys + 1, (size, len(names)), dtype=np.int64).tolist()
    streams = numbers.choice(3, size, p=shares).tolist()
    draws = numbers.integers(0, 2**62, (size, 4)).tolist()
    return [
        _random_event(at, dict(zip(names, row, strict=True)), Stream(stream), drawn)
        for at, row, stream, drawn in zip(times, tokens, streams, draws, strict=True)
    ]


def _random_event(at: int, tokens: dict[str, int], stream: Stream, draws: list[int]) -> Event:
    code, amount, place, past = draws
    codes: list[int] = {
        Stream.ATTEMPT: [0],
        Stream.OUTCOME: [*OUTCOME_CODES.values()],
        Stream.LABEL: [*LABEL_CODES.values()],
    }[stream]
    return Event(
        at,
        amount % (50_000 if place % 4 else 300),
        tokens,
        stream != Stream.ATTEMPT or amount % 9 > 0,
        stream,
        codes[code % len(codes)],
        at - past % (200 * DAY),
        PLACES[place % len(PLACES)],
    )


def with_tokens(log: Sequence[Event], **tokens: int) -> list[Event]:
    """The log with these tokens in every row."""
    return [replace(event, tokens=event.tokens | tokens) for event in log]


PACES = (1, 2, 30, 2_000, MINUTE, 10 * MINUTE, 3 * HOUR, DAY, 4 * DAY, 40 * DAY, 100 * DAY)
PAUSES = (0, 1, DAY, 29 * DAY, 30 * DAY, 31 * DAY, 91 * DAY, 366 * DAY, 1_000 * DAY)


def changing_log(
    catalogue: Catalogue, seed: int, sizes: Sequence[int] = (20, 200, 1_200, 2_500)
) -> list[Event]:
    """Up to five stretches of different pace, streams and number of entities, with pauses between them."""
    numbers = np.random.default_rng(seed)
    log: list[Event] = []
    for _ in range(int(numbers.integers(1, 6))):
        after = (log[-1].at if log else START) + int(numbers.choice(PAUSES)) - START
        stretch = random_log(
            catalogue,
            int(numbers.integers(2**31)),
            int(numbers.choice(sizes)),
            keys=int(numbers.choice((1, 2, 5, 40))),
            gap_ms=int(numbers.choice(PACES)),
            shares=tuple(numbers.dirichlet((1, 1, 1))),
        )
        stretch = with_tokens(stretch, card=1) if numbers.random() < 0.5 else stretch
        log += [replace(e, at=e.at + after, occurred_at=e.occurred_at + after) for e in stretch]
    return log
