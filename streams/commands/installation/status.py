"""`tollgate status`: addresses, health and lag."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streams.platform import Health, ProcessHealth, ServerAddress


@click.command("status")
@click.option("--home", type=click.Path(path_type=Path), help="Instead of TOLLGATE_HOME.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead.")
def command(home: Path | None, as_json: bool) -> None:
    """Show the addresses of the servers, every process's health, and how far readers are behind.

    Says which tables of the warehouse were dropped, altered or changed by hand. Exit code 0 when everything
    is up, answers and is as it should be, 1 when not.
    """
    import sys

    import msgspec

    from streams.platform import console_lines, health
    from streams.settings import Settings

    settings = Settings().with_home(home)
    found = health(settings)
    click.echo(msgspec.json.encode(found).decode() if as_json else _page(found, console_lines(settings)))
    if not found.is_well:
        sys.exit(1)


def _page(status: "Health", console: list[str]) -> str:
    lines = [
        f"Tollgate is {status.state}; home {status.home}",
        f"  Kafka       {_address(status.kafka)}",
        f"  ClickHouse  {_address(status.clickhouse)}",
        f"  PostgreSQL  {_address(status.postgres)}",
        *console,
    ]
    if status.processes:
        lines.append(f"\n{'process':<14}{'state':<10}{'pid':>8}{'restarts':>10}{'up':>10}{'memory':>10}")
        lines += [_process(process) for process in status.processes]
    for engine, readers in status.lag.items():
        lines.append(f"\nto be read, engine {engine}:")
        lines += [f"  {reader:<12}{_records(topics)}" for reader, topics in readers.items() if topics]
    if status.warehouse:
        lines.append("\n" + "\n".join(status.warehouse))
    for engine, refused in status.refused.items():
        lines.append(
            f"\nALARM engine {engine}: {refused.count:,} controls were refused as not authorised, the last "
            f"at {_time(refused.last_at)}; `tollgate keys list --refused --engine {engine}` shows them"
        )
    for engine, (late, payments) in status.late.items():
        lines.append(
            f"\nfar behind, engine {engine}: {late:,} of the last {payments:,} payments arrived more than a "
            "day after they were made"
        )
    if not status.is_well and status.messages:
        lines.append("\n" + "\n".join(status.messages[-3:]))
    return "\n".join(lines)


def _records(topics: dict[str, int]) -> str:
    """The topics of which records are still to be read; `nothing` where all are read."""
    return ", ".join(f"{topic} {records:,}" for topic, records in topics.items() if records) or "nothing"


def _time(time_ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _address(server: "ServerAddress") -> str:
    if not server.address:
        return "not running"
    return f"{server.address} ({'answers' if server.answers else 'does not answer'})"


def _process(process: "ProcessHealth") -> str:
    up = "" if process.uptime_s is None else f"{process.uptime_s:,.0f} s"
    memory = "" if process.memory_bytes is None else f"{process.memory_bytes / 1e6:,.0f} MB"
    name = f"{process.name:<14}{process.state:<10}{process.pid or '':>8}"
    return f"{name}{process.restarts:>10}{up:>10}{memory:>10}"
