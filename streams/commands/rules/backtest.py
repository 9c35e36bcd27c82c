"""`tollgate rules backtest`: what a change of rules, policy or model would have done."""

from pathlib import Path
from typing import Any

import click

from streams.commands.features import FILE, Delay


@click.command("backtest")
@click.argument("new", type=FILE)
@click.option("--engine", help="The payments this engine decided: its topics and its archived vectors.")
@click.option("--file", "data", type=FILE, help="Payments of a data set (Parquet or CSV), with --map.")
@click.option("--map", "map_name", help="Name of a map that comes with Tollgate, or a YAML file.")
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of --file.")
@click.option(
    "--vectors", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with `cases` and `vectors` of an earlier backtest.",
)  # fmt: skip
@click.option("--from", "start", type=click.DateTime(), help="From this day on (UTC, engine time).")
@click.option("--to", "end", type=click.DateTime(), help="Before this day (UTC, engine time).")
@click.option("--against", type=FILE, help="The ruleset to compare with.  [default: what was decided then]")
@click.option(
    "--policy", type=FILE, help="Policy.  [default: the engine's last one; without engine the seed's]"
)
@click.option(
    "--model", type=FILE, help="Model artefact.  [default: logged probabilities; without engine the seed's]"
)
@click.option(
    "--as-of", type=click.DateTime(), help="What was known on this day.  [default: the last payment's]"
)
@click.option(
    "--maturity", type=Delay(), default="90d", show_default=True,
    help="Age at which a payment without a dispute counts as legitimate.",
)  # fmt: skip
@click.option("--by-day", metavar="table|OUT.png", help="The figures by day, as a table or a picture.")
@click.option("--json", "as_json", is_flag=True, help="Last line: all figures as one JSON object.")
def command(
    *, new: Path, engine: str | None, data: Path | None, map_name: str | None, limit: int | None,
    vectors: Path | None, start: Any, end: Any, against: Path | None, policy: Path | None, model: Path | None,
    as_of: Any, maturity: int, by_day: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Try the ruleset NEW on payments of the past: what it would have hit, caught and blocked by mistake.

    \b
    tollgate rules backtest NEW.yaml --engine live --against CURRENT.yaml --by-day table
    tollgate rules backtest NEW.yaml --file payments.parquet --map sparkov --maturity 7d

    Rules, policy and model are applied together to the logged vectors, so that a month of payments takes
    seconds. What vectors cannot show is listed at the end; `tollgate replay FILE --map MAP --ruleset NEW`
    judges every payment with an engine of its own instead.
    """
    import json

    from streams.backtest import BacktestPlan, from_data_set, from_engine, from_folder, run
    from streams.backtest.cases import ALWAYS
    from streams.backtest.figures import report
    from streams.control_plane import checked_ruleset
    from streams.settings import Settings

    settings = Settings()
    if sum(given is not None for given in (engine, data, vectors)) != 1:
        raise click.UsageError("give one of --engine, --file (with --map) and --vectors")
    if (data is None) != (map_name is None):
        raise click.UsageError("--file and --map go together")
    if engine is not None:
        source = from_engine(settings, engine, notify=_notify)
    elif vectors is not None:
        source = from_folder(settings, vectors)
    else:
        assert data is not None
        assert map_name is not None
        source = from_data_set(settings, data, map_name, limit, notify=_notify)
    plan = BacktestPlan(
        source.archive, source.strategy(checked_ruleset(settings, new).document, policy, model),
        source.strategy(checked_ruleset(settings, against).document, policy, model) if against else None,
        _millis(start, 0), _millis(end, ALWAYS), None if as_of is None else _millis(as_of, 0), maturity,
    )  # fmt: skip
    document = run(plan).document()
    click.echo(report.text(document, by_day == "table"))
    if by_day is not None and by_day != "table":
        from streams.backtest.figures import draw

        draw(document["days"], Path(by_day))
        click.echo(f"\nby day: {by_day}")
    if as_json:
        click.echo(json.dumps(document))


def _notify(text: str) -> None:
    click.echo(text, err=True)


def _millis(day: Any, otherwise: int) -> int:
    from datetime import UTC

    return otherwise if day is None else round(day.replace(tzinfo=UTC).timestamp() * 1000)
