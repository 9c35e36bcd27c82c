"""`tollgate meters`: how near merchants and acquirers are to the levels of scheme programmes."""

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.meters import MeterReading

SHOWN_MAX = 50
"""Levels in a table: those nearest to being reached."""

REACHED = 3
"""Exit code of --check; 2 is that of a command that was given wrongly."""


@click.command("meters")
@click.option("--engine", default="live", show_default=True, help="Name of the engine.")
@click.option("--month", help="Which month, e.g. 2026-06.  [default: yesterday's]")
@click.option("--programmes", default="", help="File to measure by.  [default: TOLLGATE_REPORT_PROGRAMMES]")
@click.option("--show-programmes", is_flag=True, help="Print the programmes that ship, to copy and change.")
@click.option("--check", is_flag=True, help="Exit code 3 where a level is reached or will be.")
@click.option("--from-log", is_flag=True, help="Read the topics alone, as far back as they go.")
@click.option("--json", "as_json", is_flag=True, help="All readings as one JSON object.")
def command(
    *,
    engine: str,
    month: str | None,
    programmes: str,
    show_programmes: bool,
    check: bool,
    from_log: bool,
    as_json: bool,
) -> None:
    """Visa VAMP and enumeration, Mastercard ECM, HECM and EFM: events and rate of the month until last
    midnight (UTC), what the month will come to, and how many events are left. See docs/reports.md.
    """
    from dashboards.report_rows import read_programmes, report_source
    from models.meters import MeterWindow, date_of
    from streams.settings import Settings

    if show_programmes:
        click.echo(shipped_programmes(), nl=False)
        return
    settings = Settings()
    today = (datetime.now(UTC).date() - date(1970, 1, 1)).days
    number = _month(month) if month else _month(date_of(today - 1).isoformat()[:7])
    measured_by = read_programmes(programmes or settings.report_programmes)
    source = report_source(settings, engine, measured_by, from_log=from_log)
    readings, notes = source.meters(MeterWindow(number, today))
    if as_json:
        click.echo(json.dumps(document(readings, notes)))
    else:
        click.echo(table(readings))
        for note in notes:
            click.echo(note)
    if check and any(each.reached or each.will_reach for each in readings):
        raise SystemExit(REACHED)


def table(readings: "Sequence[MeterReading]") -> str:
    """The readings for people, the nearest to their level first."""
    from dashboards.fraud_report import condition, nearness_bp
    from streams.text_table import text_table

    if not readings:
        return "nothing was reported in this month"
    nearest = sorted(readings, key=nearness_bp, reverse=True)
    rows = [("programme", "level", "of", "country", "status", "events left", "now", "at the month's end")]
    for each in nearest[:SHOWN_MAX]:
        left = "-" if each.events_left is None else f"{each.events_left:,}"
        rows.append((
            each.title + (" (our estimate)" if each.estimate else ""), each.level, each.subject,
            each.country or "?", each.status, left, "; ".join(map(condition, each.conditions)),
            "; ".join(map(condition, each.projected)),
        ))  # fmt: skip
    more = len(nearest) - SHOWN_MAX
    return text_table(rows) + (
        f"\nand {more:,} levels that are farther away: --json has all" if more > 0 else ""
    )


def document(readings: "Sequence[MeterReading]", notes: "Sequence[str]") -> dict[str, Any]:
    """The readings for machines."""
    import msgspec

    rows = [
        {
            **msgspec.to_builtins(each),
            "status": each.status,
            "reached": each.reached,
            "will_reach": each.will_reach,
        }
        for each in readings
    ]
    return {"readings": rows, "notes": list(notes)}


def shipped_programmes() -> str:
    """The document that ships, as it is written."""
    from importlib.resources import files

    return files("models").joinpath("data/scheme_programmes.toml").read_text(encoding="utf-8")


def _month(text: str) -> int:
    from models.meters import parsed_month

    try:
        return parsed_month(text)
    except ValueError:
        raise click.UsageError(f"--month {text!r} is not a month such as 2026-06") from None
