"""`tollgate world`: a simulated world with a story, as files."""

from pathlib import Path

import click

from streams.option_types import FiniteRange

OUT = click.Path(dir_okay=False, path_type=Path)


@click.command("world")
@click.argument("file", type=OUT)
@click.option("--labels", type=OUT, help="Write the labels, with when each becomes known, to this Parquet.")
@click.option("--truth", type=OUT, help="Write scenario and truth of each payment to this Parquet.")
@click.option("--days", type=click.IntRange(1, 8192), default=90, show_default=True)
@click.option(
    "--per-day", type=click.IntRange(1, 10_000_000), default=1000, show_default=True,
    help="Payments of an average day at the beginning; they become more.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option(
    "--start", type=click.DateTime(["%Y-%m-%d"]), default="2025-01-01", show_default=True,
    help="First day (UTC).",
)  # fmt: skip
@click.option(
    "--fraud", type=FiniteRange(0, 0.2), default=0.011, show_default=True,
    help="Share of fraudulent attempts.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Last line: what was written, as one JSON object.")
def command(
    *, file: Path, labels: Path | None, truth: Path | None, days: int, per_day: int, seed: int,
    start: "click.DateTime", fraud: float, as_json: bool,
) -> None:  # fmt: skip
    """Write the payments of a simulated world to FILE (Parquet, read with `--map world`).

    \b
    tollgate world w.parquet --labels w-labels.parquet --days 120 --per-day 5000
    tollgate features w.parquet --map world --labels w-labels.parquet --out vectors.parquet

    People with habits, shops, seasons, and eight kinds of fraud that change over the months. Labels are as
    they become known if every payment is approved. A payment's id tells its truth:
    `simulation.world.truth_of(id)`. The same options give the same files.
    """
    import json
    import time
    from dataclasses import asdict
    from datetime import UTC, datetime

    from simulation.world import World
    from streams.errors import Misconfigured
    from streams.sources.traffic import write_world

    assert isinstance(start, datetime)
    began = time.perf_counter()
    start_ms = int(start.replace(tzinfo=UTC).timestamp() * 1000)
    world = World(seed, start_ms, per_day=per_day, days=days, fraud=fraud)
    try:
        written = write_world(world, file, labels, truth)
    except OSError as error:
        raise Misconfigured(f"the world cannot be written: {error}") from error
    seconds = time.perf_counter() - began
    click.echo(
        f"wrote {written.payments:,} payments of {days} days to {file}: {written.frauds:,} frauds, "
        f"{written.fraud_labels:,} of them reported, in {seconds:.1f} s "
        f"({seconds * 1e6 / max(written.payments, 1):.0f} microseconds a payment)"
    )
    if as_json:
        click.echo(json.dumps({**asdict(written), "seconds": round(seconds, 3)}))
