"""What a payment costs, and what memory is taken, as the entities become more: `python -m bench.growth`.

On the feature state alone, in CPU time of this process:

* for each number of cards, 30 days in which every card pays ten times, with an issuer's answer to each
  payment and labels a week later: the bytes by kind of log stand beside the formula of
  `features.state.sizes`;
* then the cost of a payment, its answer included, in the same traffic: the median of several rounds.

`--report FILE.md` writes both as a page with a picture beside it.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

from features.catalogue import CATALOGUE
from features.columns.events import LABEL_CODES, OUTCOME_CODES, TOKENS, Events, Stream
from features.state.sizes import log_sizes
from features.state.state import FeatureState
from models.messages.label import LabelValue
from models.messages.outcome import DeclineGroup, OutcomeKind

START = 1_750_000_000_000
DAY_MS = 86_400_000
BATCH = 1_000
ROUND = 20_000
ROUNDS = 3
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
MONTH_DAYS = 30
PAYMENTS_A_DAY = 1 / 3
"""Of a card: ten a month."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_AUTHORISED = OUTCOME_CODES[OutcomeKind.AUTHORISED, None]
_DECLINED = OUTCOME_CODES[OutcomeKind.DECLINED, DeclineGroup.DO_NOT_HONOUR]


@dataclass(frozen=True)
class Point:
    """One size of the growth measurement."""

    cards: int
    logs: int
    bytes: int
    us_per_payment: float


def payments(numbers: np.random.Generator, cards: np.ndarray, at: np.ndarray, merchants_max: int) -> Events:
    """Attempts of these cards at these times, as traffic names entities: a customer a card, one or two
    devices, some addresses, merchants of very different size."""
    rows = len(cards)
    events = Events.empty(rows)
    events.at[:] = events.occurred_at[:] = at
    events.amount[:] = np.exp(numbers.normal(8, 1.2, rows)).astype(np.int64) + 1
    merchants = np.minimum(numbers.zipf(1.3, rows), merchants_max)
    networks = cards // 40 + numbers.integers(0, 2, rows) * 10_000_019
    tokens = {
        "card": cards,
        "customer": cards,
        "device": cards * 2 + (numbers.random(rows) < 0.2),
        "ip": networks * 64 + numbers.integers(0, 3, rows),
        "network": networks,
        "email": cards,
        "merchant": merchants,
        "bin": cards % 3_000,
        "address": np.where(numbers.random(rows) < 0.6, cards, 0),
        "ip_country": cards % 60,
        "issuer_country": cards % 60,
        "merchant_country": merchants % 30,
        "currency": merchants % 10,
    }
    for name, values in tokens.items():
        hashed = (values.astype(np.uint64) + np.uint64(1)) * _GOLDEN
        absent = (name == "address") & (values == 0)
        events.tokens[TOKENS.index(name)] = np.where(absent, 0, hashed)
    return events


def followed(numbers: np.random.Generator, attempts: Events, stream: Stream, share: float) -> Events:
    """Answers (each payment's) or labels (of a share of them) to these attempts, at the same times."""
    chosen = np.flatnonzero(numbers.random(len(attempts.at)) < share)
    rows = Events._make(np.ascontiguousarray(column[..., chosen]) for column in attempts)
    rows.stream[:] = stream
    if stream == Stream.OUTCOME:
        rows.code[:] = np.where(numbers.random(len(chosen)) < 0.9, _AUTHORISED, _DECLINED)
    else:
        fraud = numbers.random(len(chosen)) < 0.2
        rows.code[:] = np.where(fraud, LABEL_CODES[LabelValue.FRAUD], LABEL_CODES[LabelValue.LEGITIMATE])
    return rows


def merged(*parts: Events) -> Events:
    """Rows of several parts in order of time."""
    columns = [np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Events._make(np.ascontiguousarray(column[..., order]) for column in columns)


def batches(events: Events) -> Iterator[Events]:
    for start in range(0, len(events.at), BATCH):
        yield Events._make(np.ascontiguousarray(column[..., start : start + BATCH]) for column in events)


def apply(state: FeatureState, events: Events) -> float:
    """CPU seconds of applying these rows in batches; making the batches is not counted."""
    out = np.empty((BATCH, len(CATALOGUE.names)))
    spent = 0.0
    for batch in batches(events):
        attempts = int((batch.stream == Stream.ATTEMPT).sum())
        began = time.process_time()
        state.update(batch, out[:attempts])
        spent += time.process_time() - began
    return spent


def growth(cards: int) -> tuple[Point, dict[str, Any]]:
    """A month of these cards, then the cost of a payment in the same traffic; and what the month took."""
    numbers = np.random.default_rng(cards)
    state = FeatureState.empty(CATALOGUE)
    began, paid = time.process_time(), 0
    waiting: list[Events] = []
    for day in range(MONTH_DAYS):
        attempts = traffic(numbers, cards, START + day * DAY_MS, max(1, int(cards * PAYMENTS_A_DAY)))
        paid += len(attempts.at)
        waiting.append(followed(numbers, attempts, Stream.LABEL, 0.02))
        parts = [attempts, followed(numbers, attempts, Stream.OUTCOME, 1.0)]
        if day >= 7:
            labels = waiting.pop(0)
            parts.append(labels._replace(at=labels.at + 7 * DAY_MS))
        apply(state, merged(*parts))
    taken: dict[str, Any] = {
        "cards": cards,
        "payments": paid,
        "logs": state.entities,
        "bytes": state.bytes_used,
        "bytes_per_log": round(state.bytes_used / state.entities),
        "bytes_per_card": round(state.bytes_used / cards),
        "cpu_s": round(time.process_time() - began, 1),
        "by_log": state.bytes_by_log(),
    }
    spent = [steady(numbers, state, cards) for _ in range(ROUNDS)]
    return Point(cards, taken["logs"], taken["bytes"], round(1e6 * median(spent) / ROUND, 2)), taken


def traffic(numbers: np.random.Generator, cards: int, start: int, rows: int) -> Events:
    """`rows` payments at the month's rate, so that every size holds the same history of each card."""
    span = max(1, int(rows / (cards * PAYMENTS_A_DAY) * DAY_MS))
    at = start + np.sort(numbers.integers(0, span, rows))
    return payments(numbers, numbers.integers(0, cards, rows), at, max(20, cards // 50))


def steady(numbers: np.random.Generator, state: FeatureState, cards: int) -> float:
    """CPU seconds of one round of payments and their answers."""
    attempts = traffic(numbers, cards, state.engine_time, ROUND)
    return apply(state, merged(attempts, followed(numbers, attempts, Stream.OUTCOME, 1.0)))


def picture(points: list[Point], path: Path) -> None:
    """Cost of a payment over the number of logs."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
    axes.plot([point.logs for point in points], [point.us_per_payment for point in points], marker="o")
    axes.set(xscale="log", xlabel="logs held", ylabel="CPU µs a payment, answer included")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def report(points: list[Point], measured: dict[str, Any], path: Path) -> None:
    """The page `docs/feature-memory.md`."""
    chart = path.with_suffix(".png")
    picture(points, chart)
    grown = [
        f"| {point.cards:,} | {point.logs:,} | {point.bytes / 1e6:,.0f} MB | {point.us_per_payment} |"
        for point in points
    ]
    sizes = [
        f"| {size.entity} | {size.stream} | {size.record} | {size.bytes(1, 1)} | {size.bytes(10, 8)} "
        f"| {size.bytes(100, 25)} | {size.bytes(2000, 30):,} |"
        for size in log_sizes(CATALOGUE)
    ]
    kinds = [
        f"| {name} | {kind['logs']:,} | {kind['bytes'] // max(1, kind['logs']):,} |"
        for name, kind in measured["by_log"].items()
    ]
    path.write_text(
        _PAGE.format(
            features=len(CATALOGUE.names),
            chart=chart.name,
            grown="\n".join(grown),
            ratio=round(points[-1].us_per_payment / points[0].us_per_payment, 2),
            sizes="\n".join(sizes),
            by_kind="\n".join(kinds),
            days=MONTH_DAYS,
            gigabytes=round(measured["bytes"] / 1e9, 2),
            **measured,
        ),
        encoding="utf-8",
    )


_PAGE = """\
# Memory and speed of the feature state

Written by `python -m bench.growth --report docs/feature-memory.md`; catalogue of {features} columns.

## A payment's cost as entities become more

Each card has paid ten times in the last 30 days, whatever their number.

| cards | logs held | memory | CPU µs a payment, its answer included |
|---|---|---|---|
{grown}

![cost of a payment over logs held]({chart})

From the smallest to the largest: {ratio} times.

## A month

{cards:,} cards over {days} days, {payments:,} payments each answered, two in a hundred labelled after a week:
{logs:,} logs in {gigabytes} GB, {bytes_per_log} bytes a log, {bytes_per_card:,} bytes a card with all that
hangs on it (its share of customers, devices, addresses and pairs); {cpu_s} s of CPU, first touch of the
memory included.

| log | held | bytes each |
|---|---|---|
{by_kind}

## The formula

`features.state.sizes` gives the bytes of a log with `n` events within 30 days on `d` days, and a test holds
the state to it: record + ring of the next power of two of min(n, 1,024) entries + next power of two of `d`
day entries + buckets once more than 1,024 events lay in a window + 32 to 64 bytes of table. For `c` cards
that pay `p` times in 30 days, add up the kinds of log that such a payment touches, each with the events that
one of its entities sees: memory = sum over kinds of (entities of that kind) x bytes(events of one, days of
one).

| entity | log | record | 1 event | 10 events, 8 days | 100 events, 25 days | 2,000 events (busy, the most) |
|---|---|---|---|---|---|---|
{sizes}

## Limits by sustained rate

A log never takes more than the last column: that is what a merchant, a BIN or an address under attack
costs, whatever its rate. What grows is the number of entities: a log stays for its retention (30 days, or
its longest window) and at most 18 hours more. At a sustained rate of `r` payments a second with a share `s`
of new cards, the state levels off at about `r x s x 86,400 x retention in days` cards: 100 payments a
second of which one in ten brings a new card give 315 million cards in 365 days, more than one machine
holds; shorten the windows over 30 days of per-card logs, which brings that to 26 million, or split the
traffic over engines by card. Where the stated maximum of bytes is reached the engine stops with an error
that says so; it never forgets silently.
"""


@click.command()
@click.option("--sizes", default=",".join(map(str, SIZES)), show_default=True, help="Numbers of cards.")
@click.option(
    "--report", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page as well."
)
def main(sizes: str, page: Path | None) -> None:
    """Measure the feature state's cost and memory as entities become more."""
    points: list[Point] = []
    taken: dict[str, Any] = {}
    for cards in (int(size) for size in sizes.split(",")):
        point, taken = growth(cards)
        points.append(point)
        click.echo(json.dumps(asdict(point)))
    click.echo(json.dumps(taken))
    if page is not None:
        report(points, taken, page)


if __name__ == "__main__":
    main()
