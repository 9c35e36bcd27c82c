"""`tollgate demo`: everything up, a minute of payments, and the proof that each was answered exactly once."""

import json
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import click

from streams.commands.traffic.simulate import Rate
from streams.option_types import FiniteRange

if TYPE_CHECKING:
    from streams.sources.simulated import SimulateResult
    from streams.sources.traffic import AnswerCounts, DemoResult

ENGINE = "live"


@click.command("demo")
@click.option("--seconds", type=FiniteRange(1), default=60, show_default=True, help="Length of the traffic.")
@click.option("--rate", type=Rate(), default="300", show_default=True, help="Payments a second, or max.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of the traffic.  [default: by the clock]"
)
@click.option(
    "--secure", is_flag=True, help="With TLS, users and access control lists (`tollgate up --secure`)."
)
@click.option("--down", is_flag=True, help="Stop everything at the end.")
@click.option(
    "--json", "as_json", is_flag=True, help="Only the closing figures, as JSON; words go to stderr."
)
@click.pass_context
def command(
    context: click.Context, *, seconds: float, rate: float | None, seed: int | None, secure: bool,
    down: bool, as_json: bool,
) -> None:  # fmt: skip
    """Start everything, send a minute of payments, and check the result.

    Some payments are sent twice, some again with another body, and some are broken. At the end the payments
    sent, the decisions on the log (read back read_committed) and the rows in ClickHouse are counted: exit
    code 1 if any two counts differ.
    """
    from streams.cli import load

    with redirect_stdout(sys.stderr if as_json else sys.stdout):
        context.invoke(load("up"), secure=secure)
        try:
            result = _demonstrate(seconds, rate, seed)
        finally:
            if down:
                context.invoke(load("down"))
        click.echo(closing_table(result))
        if not down:
            click.echo("everything keeps running: `tollgate status` shows it, `tollgate down` stops it")
            _tell_of_the_console()
    if as_json:
        click.echo(json.dumps(result.document()))
    if not result.equal:
        sys.exit(1)


def _tell_of_the_console() -> None:
    from streams.platform import console_lines
    from streams.settings import Settings

    for line in console_lines(Settings()):
        click.echo(line)


def closing_table(result: "DemoResult") -> str:
    """The closing figures for people: sent, on the log, in ClickHouse."""
    sent, answers, warehouse = result.sent, result.answers, result.warehouse
    rows = [
        ("decisions", sent.payments, answers.decisions, warehouse.decisions),
        ("duplicates", sent.duplicates, answers.duplicates, warehouse.duplicates),
        ("dead letters", sent.dead_letters, answers.dead_letters, warehouse.dead_letters),
        ("refusals", sent.refusals, answers.refusals, warehouse.refusals),
    ]
    lines = [f"{'':<14}{'sent':>12}{'on the log':>12}{'ClickHouse':>12}"]
    lines += [f"{name:<14}{a:>12,}{b:>12,}{c:>12,}" for name, a, b, c in rows]
    latency = result.document()["latency_ms"]
    figures = ", ".join(f"{name} {value:g} ms" for name, value in latency.items() if value is not None)
    verdicts = ", ".join(f"{name} {count:,}" for name, count in sorted(answers.verdicts.items()))
    words = "every count agrees" if result.equal else "THE COUNTS DIFFER"
    return "\n".join(
        [*lines, f"verdicts: {verdicts}", f"latency: {figures}", f"{words}; {result.seconds:.1f} s"]
    )


def _demonstrate(seconds: float, rate: float | None, seed: int | None) -> "DemoResult":
    import time

    from streams.settings import Settings
    from streams.sources.simulated import SimulateOptions
    from streams.sources.traffic import demonstrate

    settings = Settings()
    chosen = int(time.time()) % 2**31 if seed is None else seed
    options = SimulateOptions(
        rate=rate, seconds=seconds, seed=chosen, duplicates=0.02, conflicts=0.002, malformed=0.01, labels=True
    )
    with _Counts() as progress:
        return demonstrate(settings.kafka("simulator"), settings.clickhouse(), ENGINE, options, progress)


class _Counts:
    """Live counts: one line that is rewritten on a terminal, a line every five seconds elsewhere."""

    def __enter__(self) -> "_Counts":
        from rich.console import Console
        from rich.live import Live

        self._printed_s = 0.0
        self._live = Live(console=Console(stderr=True), auto_refresh=False) if sys.stderr.isatty() else None
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, sent: "SimulateResult", answers: "AnswerCounts") -> None:
        verdicts = "  ".join(f"{name} {count:,}" for name, count in sorted(answers.verdicts.items()))
        line = (
            f"sent {sent.messages:,}  decided {answers.decisions:,}  duplicates {answers.duplicates:,}  "
            f"dead letters {answers.dead_letters:,}  |  {verdicts}"
        )
        if self._live:
            self._live.update(line, refresh=True)
        elif sent.seconds - self._printed_s >= 5:
            self._printed_s = sent.seconds
            click.echo(line, err=True)
