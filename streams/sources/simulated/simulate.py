"""Send simulated traffic to an engine, at a steady rate or as fast as it goes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from simulation.traffic import Sending, SimulatedPayments, Traffic, TrafficBatch, TrafficParameters
from streams.kafka import Sender, Topics
from streams.sources.simulated.pace import Pace

BLOCK_MAX: Final = 4096
UNPACED_RATE: Final = 10_000.0
"""Payments a second of event time when they are sent as fast as possible."""


@dataclass(frozen=True)
class SimulateOptions:
    """What to send; one of `count` and `seconds` ends it."""

    rate: float | None = 1000.0
    """Payments a second; None: as fast as possible."""

    count: int | None = None
    seconds: float | None = None
    seed: int = 1
    first: int = 0
    """Position to begin with: a second run of the same seed can go on where another ended."""

    duplicates: float = 0.0
    """Share of payments sent twice."""

    conflicts: float = 0.0
    """Share of payments sent again with another body."""

    malformed: float = 0.0
    """Share of payments sent broken."""

    start_ms: int | None = None
    """Event time of position 0; None: now."""

    labels: bool = False


@dataclass
class SimulateResult:
    """What was sent."""

    seed: int
    first: int
    payments: int = 0
    """Distinct valid keys."""

    duplicates: int = 0
    malformed: int = 0
    labels: int = 0
    messages: int = 0
    """Everything."""

    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    """Dead letters to expect, by reason."""

    conflicts: int = 0
    refusals: int = 0
    """Refusals to expect: dead letters whose payment can be answered."""

    @property
    def dead_letters(self) -> int:
        """How many dead letters this must lead to."""
        return self.malformed + self.conflicts


def traffic_of(options: SimulateOptions) -> Traffic:
    """The traffic these options mean. With `start_ms` given it is the same again."""
    start_ms = int(time.time() * 1000) if options.start_ms is None else options.start_ms
    parameters = TrafficParameters.of_shares(
        options.seed, options.duplicates, options.conflicts, options.malformed
    )
    simulated = SimulatedPayments(parameters, start_ms=start_ms, rate=options.rate or UNPACED_RATE)
    return Traffic(simulated, labels=options.labels, first=options.first)


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
    traffic = traffic_of(options)
    traffic.batch(options.first, 1)  # Payments are made by the block: the first one before the clock runs.
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


def _batches(traffic: Traffic, options: SimulateOptions, pace: Pace) -> Iterator[TrafficBatch]:
    done = 0
    while options.seconds is None or pace.elapsed() < options.seconds:
        block = pace.block(BLOCK_MAX)
        count = block if options.count is None else min(block, options.count - done)
        if count <= 0:
            break
        yield traffic.batch(options.first + done, count)
        done += count
    yield traffic.rest(options.first + done)


def _send(sender: Sender, topics: Topics, batch: TrafficBatch, sent: SimulateResult, pace: Pace) -> None:
    payments, labels = topics["payments"], topics["labels"]
    for message in batch.messages:
        if message.sending in (Sending.PAYMENT, Sending.MALFORMED):
            pace.next()
        if message.sending is Sending.LABEL:
            sender.send(labels, "label", message.key, message.value)
        else:
            sender.send(payments, "payment", message.key, message.value)
    _count(batch, sent)


def _count(batch: TrafficBatch, sent: SimulateResult) -> None:
    counts = batch.sendings
    sent.payments += counts[Sending.PAYMENT]
    sent.duplicates += counts[Sending.DUPLICATE]
    sent.conflicts += counts[Sending.CONFLICT]
    sent.malformed += counts[Sending.MALFORMED]
    sent.labels += counts[Sending.LABEL]
    sent.messages += len(batch)
    sent.refusals += batch.refusals
    for reason, count in batch.reasons.items():
        sent.reasons[reason] = sent.reasons.get(reason, 0) + count


def write_lines(path: Path, options: SimulateOptions) -> SimulateResult:
    """The same messages as lines of a file, unpaced. Broken ones are left out: some would break the lines
    too.
    """
    if options.count is None:
        raise ValueError("a file needs a count: time is not what ends it")
    started = time.perf_counter()
    traffic = traffic_of(options)
    sent = SimulateResult(options.seed, options.first)
    with path.open("wb") as lines:
        for done in range(0, options.count, BLOCK_MAX):
            batch = traffic.batch(options.first + done, min(BLOCK_MAX, options.count - done))
            _write(lines, batch, sent)
        _write(lines, traffic.rest(options.first + options.count), sent)
    sent.seconds = time.perf_counter() - started
    return sent


def _write(lines: BinaryIO, batch: TrafficBatch, sent: SimulateResult) -> None:
    whole = (message.value for message in batch.messages if message.sending is not Sending.MALFORMED)
    lines.writelines(value + b"\n" for value in whole)
    _count(batch, sent)
