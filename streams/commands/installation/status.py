"""`tollgate status`: addresses, health and lag."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streams.platform import Address, Health, ProcessHealth


@click.command("status")
@click.option("--home", type=click.Path(path_type=Path), help="Instead of TOLLGATE_HOME.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead.")
def command(home: Path | None, as_json: bool) -> None:
    """Show the addresses of Kafka and ClickHouse, every process's health, and how far readers are behind.

    Exit code 0 when everything is up and answers, 1 when not.
    """
    import sys

    import msgspec

    from streams.platform import health
    from streams.settings import Settings

    found = health(Settings().with_home(home))
    click.echo(msgspec.json.encode(found).decode() if as_json else _page(found))
    if not found.is_well:
        sys.exit(1)


def _page(found: "Health") -> str:
    lines = [
        f"Tollgate is {found.state}; home {found.home}",
        f"  Kafka       {_address(found.kafka)}",
        f"  ClickHouse  {_address(found.clickhouse)}",
    ]
    if found.processes:
        lines.append(f"\n{'process':<14}{'state':<10}{'pid':>8}{'restarts':>10}{'up':>10}{'memory':>10}")
        lines += [_process(one) for one in found.processes]
    for engine, readers in found.lag.items():
        behind = [f"{topic} {records:,}" for topics in readers.values() for topic, records in topics.items()]
        lines.append(f"\nto be read, engine {engine}: " + ", ".join(behind))
    if not found.is_well and found.messages:
        lines.append("\n" + "\n".join(found.messages[-3:]))
    return "\n".join(lines)


def _address(server: "Address") -> str:
    if not server.address:
        return "not running"
    return f"{server.address} ({'answers' if server.answers else 'does not answer'})"


def _process(one: "ProcessHealth") -> str:
    up = "" if one.uptime_s is None else f"{one.uptime_s:,.0f} s"
    memory = "" if one.memory_bytes is None else f"{one.memory_bytes / 1e6:,.0f} MB"
    return f"{one.name:<14}{one.state:<10}{one.pid or '':>8}{one.restarts:>10}{up:>10}{memory:>10}"
