"""`tollgate verify`: proves that every decision follows from the log, and that ClickHouse holds the same."""

import sys
from typing import Any

import click


def _engines(bootstrap: str) -> list[str]:
    from streams.kafka import admin_client, engines_of

    return engines_of(admin_client(bootstrap).list_topics(timeout=30).topics)


def _verified(name: str, warehouse: bool, recounted: bool) -> dict[str, Any]:
    import dataclasses

    from streams.commands.processes import options
    from streams.inspect import Verifier

    found = dataclasses.asdict(Verifier(options(name)).run())
    if warehouse and found["is_whole"]:
        from streams.settings import Settings
        from streams.warehouse import connect
        from streams.warehouse.audit import compare_with_log, recount_log
        from streams.warehouse.sink import wait_until_sunk

        bootstrap, client = Settings().kafka(), connect(Settings().clickhouse())
        wait_until_sunk(bootstrap, client, name)
        differences = compare_with_log(bootstrap, client, name)
        if recounted and not differences:
            from streams.warehouse.tables import network_key

            differences = recount_log(bootstrap, client, name, network_key(Settings().network_key()))
        found["warehouse"] = "equal" if not differences else differences[0]
        found["difference"] = found["difference"] or (differences[0] if differences else "")
    return found


@click.command("verify")
@click.option(
    "--engine",
    "names",
    multiple=True,
    help="Only this engine; may be repeated. Default: every engine present.",
)
@click.option("--no-warehouse", is_flag=True, help="Compare the log with itself only, not with ClickHouse.")
@click.option(
    "--recount",
    "recounted",
    is_flag=True,
    help="Recount every table and aggregate of ClickHouse from the log, in memory: about 20 kB a payment.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line.")
def command(names: tuple[str, ...], no_warehouse: bool, recounted: bool, as_json: bool) -> None:
    """Re-apply each engine's journal over the logged inputs and compare everything it wrote.

    Decisions, refusals and dead letters byte for byte, vectors bit for bit, the state with every snapshot on
    the way; then ClickHouse's rows and every aggregate with the log. Shows how many controls took effect from
    which topic, and the first difference; exits 1 if there is one. Lines on these topics that somebody else
    wrote are a difference as well, which is told after all else was compared.
    """
    import json

    from streams.engine.recovery import warm
    from streams.settings import Settings

    warm()
    results = []
    for name in names or _engines(Settings().kafka()):
        found = _verified(name, not no_warehouse, recounted)
        results.append(found)
        _show(found)
    equal = all(not found["difference"] for found in results)
    if as_json:
        click.echo(json.dumps({"equal": equal, "engines": results}))
    if not equal or not results:
        sys.exit(1)


def _show(report: dict[str, Any]) -> None:
    click.echo(f"engine {report['engine']}")
    for name in ("batches", "decisions", "duplicates", "refusals", "dead_letters", "vectors", "snapshots"):
        click.echo(f"  {name:<14}{report[name]:>14,}")
    for topic, count in sorted(report["controls"].items()):
        click.echo(f"  {'controls':<14}{count:>14,}  from {topic}")
    click.echo(f"  {'state hash':<14}{report['state_hash']:>34}")
    for note in report["notes"]:
        click.echo(f"  note: {note}")
    if report["difference"]:
        click.echo(f"  DIFFERENT: {report['difference']}")
    else:
        compared = " and in ClickHouse" if "warehouse" in report else ""
        click.echo(f"  every decision, refusal, dead letter and vector is the same again{compared}")
