"""`tollgate rollback`: the model that was live before is live again."""

import click

from streams.commands.publish import AUTHOR, REASON, SIGN_ONLY
from streams.option_types import ENGINE


@click.command("rollback")
@ENGINE
@AUTHOR
@REASON
@SIGN_ONLY
def command(engine: str, author: str, reason: str) -> None:
    """Put the model back that was live before the present one; a trial is over.

    It is a new control on the log, at once and without gates; the registry's aliases follow it.
    """
    from learning.promotion import roll_back
    from models.messages import ModelChange
    from streams.settings import Settings

    logged = roll_back(Settings(), engine, author, reason)
    assert isinstance(logged.control.change, ModelChange)
    name = logged.control.change.sha256[:16]
    click.echo(
        f"model {name} is champion of {engine} again, from offset {logged.offset} of {engine}.controls on"
    )
