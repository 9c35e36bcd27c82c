"""`tollgate simulate`: send seeded payments whose ids tell their truth."""

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from streams.option_types import FiniteRange

if TYPE_CHECKING:
    from streams.sources.simulated import SimulateOptions, SimulateResult


RATES = (1 / 86_400, 1_000_000.0)
"""One payment a day to more than any machine makes: what `--rate` may be."""
FIRST_MAX = 2**40
"""More payments than ids of one seed can number."""


class Rate(click.ParamType):
    """A number of payments a second, or `max` (None)."""

    name = "N|max"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        if value == "max":
            return None
        try:
            rate = float(str(value))
        except ValueError:
            rate = math.nan
        low, high = RATES
        if not low <= rate <= high:
            self.fail(f"{value!r} is neither a number from {low:.2g} to {high:,.0f} nor `max`", param, ctx)
        return rate


class StartTime(click.ParamType):
    """`now` (None) or a time like 2026-01-31T12:00:00Z, as epoch milliseconds; UTC when no zone is given."""

    name = "now|TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        from datetime import UTC, datetime

        if value == "now" or isinstance(value, int):
            return value if isinstance(value, int) else None
        try:
            time = datetime.fromisoformat(str(value))
            return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither `now` nor a time like 2026-01-31T12:00:00Z", param, ctx)


@click.command("simulate")
@click.option("--engine", default="live", show_default=True, help="Engine whose topics get the payments.")
@click.option("--rate", type=Rate(), default="1000", show_default=True, help="Payments a second, or max.")
@click.option("--count", type=click.IntRange(1), help="Stop after this many payments.")
@click.option("--seconds", type=FiniteRange(0, min_open=True), help="Stop after this many seconds.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option(
    "--first",
    type=click.IntRange(0, FIRST_MAX),
    default=0,
    help="Index of the first payment, to resume after a run.",
)
@click.option(
    "--duplicates", type=FiniteRange(0, 1), default=0.02, show_default=True, help="Share sent twice."
)
@click.option(
    "--conflicts", type=FiniteRange(0, 1), default=0.0, show_default=True,
    help="Share sent again with another body.",
)  # fmt: skip
@click.option(
    "--malformed", type=FiniteRange(0, 1), default=0.01, show_default=True, help="Share sent broken."
)
@click.option(
    "--start-at", type=StartTime(), default="now", show_default=True, help="Event time of the first one."
)
@click.option("--labels", is_flag=True, help="Send labels as well, some thousand payments later.")
@click.option("--to", type=click.Path(dir_okay=False), help="Write JSON lines to this file instead of Kafka.")
@click.option("--json", "as_json", is_flag=True, help="Last line: what was sent, as one JSON object.")
def command(
    *, engine: str, rate: float | None, count: int | None, seconds: float | None, seed: int, first: int,
    duplicates: float, conflicts: float, malformed: float, start_at: int | None, labels: bool,
    to: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Send simulated payments to an engine.

    The same seed, start and rate give the same payments. A payment's id carries its truth: `--seed 7` sends
    ids `sim7...`, and `simulation.traffic.delivery_of(id)` returns whether it is fraud, sent twice or
    broken.
    """
    from streams.sources.simulated import SimulateOptions

    if count is None and seconds is None:
        raise click.UsageError("give --count or --seconds")
    options = SimulateOptions(
        rate, count, seconds, seed, first, duplicates, conflicts, malformed, start_at, labels
    )
    sent = _written(options, to) if to else _sent(options, engine)
    click.echo(
        f"sent {sent.messages:,} messages in {sent.seconds:.1f} s: {sent.payments:,} payments, "
        f"{sent.duplicates:,} duplicates, {sent.conflicts:,} conflicts, {sent.malformed:,} malformed, "
        f"{sent.labels:,} labels"
    )
    if as_json:
        click.echo(json.dumps(asdict(sent)))


def _sent(options: "SimulateOptions", engine: str) -> "SimulateResult":
    from streams.kafka import ensure_topics
    from streams.settings import Settings
    from streams.sources.simulated import simulate

    bootstrap = Settings().kafka("simulator")
    ensure_topics(bootstrap, engine)
    return simulate(bootstrap, engine, options, _progress)


def _written(options: "SimulateOptions", to: str) -> "SimulateResult":
    from pathlib import Path

    from streams.sources.simulated import write_lines

    return write_lines(Path(to), options)


def _progress(sent: "SimulateResult") -> None:
    import sys

    if sys.stderr.isatty():
        click.echo(f"\r{sent.messages:,} messages, {sent.seconds:.0f} s", err=True, nl=False)
