"""`tollgate tra-meter`: the fraud rate that an engine has seen, with the band in force."""

from typing import Any

import click

from streams.option_types import ENGINE


@click.command("tra-meter")
@ENGINE
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(engine: str, as_json: bool) -> None:
    """Value and fraud of card payments by quarter as of the engine's newest snapshot on this host, the
    threshold that the rate would allow (RTS, Annex), and the bands in force.
    """
    import dataclasses
    import json

    from streams.inspect import ONLY_A_METER, quarters_seen
    from streams.settings import Settings

    quarters = quarters_seen(Settings().home / "engines" / engine / "snapshots")
    if as_json:
        document = {
            "engine": engine,
            "quarters": [dataclasses.asdict(q) for q in quarters],
            "note": ONLY_A_METER,
        }
        click.echo(json.dumps(document))
        return
    _show(quarters)
    click.echo(ONLY_A_METER)


def _show(quarters: list[Any]) -> None:
    from streams.text_table import text_table

    rows = [("quarter", "value EUR", "fraud EUR", "rate bp", "would allow EUR", "band in force EUR")]
    for q in quarters:
        points = "-" if q.basis_points is None else f"{q.basis_points:.2f}"
        bands = ", ".join(f"{entity} {band}" for entity, band in sorted(q.bands_eur.items())) or "none"
        money = (f"{q.value / 100:,.2f}", f"{q.fraud / 100:,.2f}")
        rows.append((q.quarter, *money, points, str(q.threshold_eur), bands))
    click.echo(text_table(rows))
