"""Send simulated traffic to an engine, at a steady rate or as fast as it goes."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from simulation.simulator import Simulator
from simulation.traffic import Batch, Sending, Traffic
from streams.kafka import Sender, Topics
from streams.sources.simulated.pace import Pace

BLOCK_MAX: Final = 4096
UNPACED_RATE: Final = 10_000.0
"""Payments a second of event time when they are sent as fast as possible."""


@dataclass(frozen=True)
class SimulateOptions:
    """What to send. `rate` in payments a second, None: as fast as possible; one of `count` and `seconds` ends
    it.

    `start_ms` is the event time of the first payment, None: now. `first` is the index to begin with, so a
    second run of the same seed can go on where another ended.
    """

    rate: float | None = 1000.0
    count: int | None = None
    seconds: float | None = None
    seed: int = 1
    first: int = 0
    duplicates: float = 0.0
    malformed: float = 0.0
    start_ms: int | None = None
    labels: bool = False


@dataclass
class SimulateResult:
    """What was sent. `payments` are distinct valid keys, `messages` everything."""

    seed: int
    first: int
    payments: int = 0
    duplicates: int = 0
    malformed: int = 0
    labels: int = 0
    messages: int = 0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)


def simulator(options: SimulateOptions) -> Simulator:
    """The simulator these options mean. With `start_ms` given it makes the same payments again."""
    start = int(time.time() * 1000) if options.start_ms is None else options.start_ms
    return Simulator(
        options.seed, start_ms=start, rate=options.rate or UNPACED_RATE,
        duplicates=options.duplicates, malformed=options.malformed,
    )  # fmt: skip


def simulate(
    bootstrap: str,
    engine: str,
    options: SimulateOptions,
    progress: Callable[[SimulateResult], None] | None = None,
) -> SimulateResult:
    """Send traffic to engine `engine` and wait until Kafka has it all. `progress` is called a few times a
    second.

    Raises `DeliveryFailed` when Kafka did not take everything.
    """
    if options.count is None and options.seconds is None:
        raise ValueError("give a count or seconds: a simulation without end is not wanted")
    traffic = Traffic(simulator(options), options.labels)
    sent = SimulateResult(options.seed, options.first)
    with Sender(bootstrap, engine) as sender:
        pace = Pace(options.rate, sender.wait)
        for batch in _batches(traffic, options, pace):
            _send(sender, Topics(engine), batch, sent, pace)
            sent.seconds = pace.elapsed()
            if progress is not None and pace.report_due():
                progress(sent)
        sender.finish()
        sent.seconds = pace.elapsed()
    return sent


def _batches(traffic: Traffic, options: SimulateOptions, pace: Pace) -> Iterator[Batch]:
    done = 0
    while options.seconds is None or pace.elapsed() < options.seconds:
        block = pace.block(BLOCK_MAX)
        count = block if options.count is None else min(block, options.count - done)
        if count <= 0:
            break
        yield traffic.batch(options.first + done, count)
        done += count
    yield traffic.rest()


def _send(sender: Sender, topics: Topics, batch: Batch, sent: SimulateResult, pace: Pace) -> None:
    payments, labels = topics["payments"], topics["labels"]
    for sending, key, value in zip(batch.sendings, batch.keys, batch.values, strict=True):
        if sending in (Sending.PAYMENT, Sending.MALFORMED):
            pace.next()
        is_label = sending is Sending.LABEL
        sender.send(labels if is_label else payments, "label" if is_label else "payment", key, value)
    _count(batch, sent)


def _count(batch: Batch, sent: SimulateResult) -> None:
    counts = Counter(batch.sendings)
    sent.payments += counts[Sending.PAYMENT]
    sent.duplicates += counts[Sending.DUPLICATE]
    sent.malformed += counts[Sending.MALFORMED]
    sent.labels += counts[Sending.LABEL]
    sent.messages += len(batch)
    for reason, count in batch.reasons.items():
        sent.reasons[reason] = sent.reasons.get(reason, 0) + count


def write_lines(path: Path, options: SimulateOptions) -> SimulateResult:
    """The same messages as lines of a file, unpaced. Broken ones are left out: some would break the lines
    too.
    """
    if options.count is None:
        raise ValueError("a file needs a count: time is not what ends it")
    started = time.perf_counter()
    traffic = Traffic(simulator(options), options.labels)
    sent = SimulateResult(options.seed, options.first)
    with path.open("wb") as lines:
        for done in range(0, options.count, BLOCK_MAX):
            batch = traffic.batch(options.first + done, min(BLOCK_MAX, options.count - done))
            _write(lines, batch, sent)
        _write(lines, traffic.rest(), sent)
    sent.seconds = time.perf_counter() - started
    return sent


def _write(lines: BinaryIO, batch: Batch, sent: SimulateResult) -> None:
    kept = [
        value
        for sending, value in zip(batch.sendings, batch.values, strict=True)
        if sending is not Sending.MALFORMED
    ]
    lines.writelines(value + b"\n" for value in kept)
    _count(batch, sent)
