"""`tollgate story`: send one campaign of fraud, for somebody to find."""

import json

import click

from streams.commands.traffic.simulate import StartTime

KINDS = ("card_testing", "compromised_terminal", "mule_ring")
"""As `simulation.stories.Story`, which is loaded when it is needed."""


@click.command("story")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--engine", default="live", show_default=True, help="Engine whose topics get the payments.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of the campaign.  [default: by the clock]"
)
@click.option(
    "--end-at", type=StartTime(), default="now", show_default=True, help="Event time of the last payment."
)
@click.option("--json", "as_json", is_flag=True, help="Last line: what was sent, as one JSON object.")
def command(*, kind: str, engine: str, seed: int | None, end_at: int | None, as_json: bool) -> None:
    """Send one campaign of fraud to an engine, as if it had taken the last ten minutes.

    card_testing: one device tries stolen cards at one shop. compromised_terminal: cards that paid at one
    shop's terminal are used elsewhere. mule_ring: accounts that share devices pay with stolen cards. Some
    of it is reported as fraud at once. `tollgate demo` sends all three.

    The same seed is the same campaign: sent again at another time its payments are conflicts.
    """
    import time

    from simulation.stories import Story
    from streams.kafka import ensure_topics
    from streams.settings import Settings
    from streams.sources.simulated import send_reports, send_stories, told_stories

    now_ms = int(time.time() * 1000)
    chosen = now_ms // 1000 % 2**31 if seed is None else seed
    payments = told_stories([Story(kind)], chosen, now_ms if end_at is None else end_at)
    bootstrap = Settings().kafka("simulator")
    ensure_topics(bootstrap, engine)
    send_stories(bootstrap, engine, payments)
    reports = send_reports(bootstrap, engine, payments, now_ms)
    frauds, first = sum(each.is_fraud for each in payments), payments[0].payment.payment_id
    click.echo(f"sent {len(payments)} payments, {frauds} of them fraud, {reports} reported: {first} and on")
    if as_json:
        sent = {"payments": len(payments), "frauds": frauds, "labels": reports, "first": first}
        click.echo(json.dumps(sent))
