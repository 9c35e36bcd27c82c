"""`tollgate labels`: how payments turned out, and an analyst's verdict."""

from pathlib import Path

import click

from streams.option_types import ENGINE


@click.group("labels")
def command() -> None:
    """Show labels and their evidence; add an analyst's verdict.

    Labels are made by `tollgate agents labels` from evidence; see docs/labels.md.
    """


@command.command("add")
@click.argument("payment_id")
@click.option("--label", type=click.Choice(["fraud", "friendly", "legitimate", "unknown"]), required=True)
@click.option("--author", required=True, help="Who gives the verdict; kept on the log.")
@click.option("--reason", help="Reason as text; kept on the log.")
@ENGINE
def add(payment_id: str, label: str, author: str, reason: str | None, engine: str) -> None:
    """Put an analyst's verdict on a payment on ENGINE.disputes.

    Its entities are taken from its dossier, or else from the payment as it was decided. `unknown` takes the
    payment out of the labels.
    """
    from models.messages import LabelValue
    from streams.inspect import send_verdict, verdict_on
    from streams.settings import Settings

    bootstrap = Settings().kafka()
    verdict = verdict_on(bootstrap, engine, payment_id, LabelValue(label), author, reason)
    offset = send_verdict(Settings().kafka("dispute-intake"), engine, verdict)
    click.echo(f"on {engine}.disputes at offset {offset}; the label agent turns it into a label")


@command.command("show")
@click.argument("payment_id")
@ENGINE
def show(payment_id: str, engine: str) -> None:
    """The evidence on a payment, and the label that stands."""
    from streams.errors import Misconfigured
    from streams.inspect import dossiers, evidence_table, label_text
    from streams.settings import Settings

    found = dossiers(Settings().kafka(), engine, payment_id)
    if not found:
        raise Misconfigured(f"there is no evidence on payment {payment_id!r} on {engine}.label-ledger")
    for dossier in found:
        click.echo(label_text(dossier))
        click.echo(evidence_table(dossier))


@command.command("parked")
@ENGINE
@click.option(
    "--last", type=click.IntRange(1), default=20, show_default=True, help="Number of records, newest last."
)
def parked(engine: str, last: int) -> None:
    """Evidence that could not be used: how much for which reason, and the newest of it."""
    from streams.inspect import parked as read
    from streams.inspect import parked_tables
    from streams.settings import Settings

    click.echo(parked_tables(read(Settings().kafka(), engine), last))


@command.command("maturity")
@ENGINE
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write the curve to.")
def maturity(engine: str, out: Path | None) -> None:
    """How late frauds are reported: the delay curve of the frauds on ENGINE.label-ledger."""
    import msgspec

    from models.labels import TooFewFrauds
    from streams.errors import Misconfigured
    from streams.inspect import learned_maturity, maturity_text
    from streams.settings import Settings

    try:
        curve = learned_maturity(Settings().kafka(), engine)
    except TooFewFrauds as error:
        raise Misconfigured(f"{engine}.label-ledger: {error}") from error
    if out is not None:
        out.write_bytes(msgspec.json.encode(curve) + b"\n")
    click.echo(maturity_text(curve))
