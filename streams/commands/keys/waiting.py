"""`tollgate keys sign | publish`: the second signature, and what is complete goes onto the log."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from models.trust import ControlEnvelope

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("sign")
@click.argument("file", type=FILE)
@click.option("--key", "name", default="", help="File of keys to sign with.  [default: TOLLGATE_SIGN_WITH]")
@click.option("--yes", is_flag=True, help="Sign without asking.")
def sign(file: Path, name: str, yes: bool) -> None:
    """Show the controls in FILE, which another person signed, and add your signature. Kafka is not needed."""
    from streams.control_plane import with_signature
    from streams.keys import key_to_sign_with, read_waiting, write_waiting
    from streams.settings import Settings

    settings = Settings()
    envelopes = read_waiting(file)
    key = key_to_sign_with(settings.keys_folder, name or settings.sign_with, envelopes)
    for envelope in envelopes:
        click.echo(_shown(envelope))
    if not yes:
        click.confirm(f"Sign {len(envelopes)} controls?", abort=True)
    write_waiting(file, [with_signature(envelope, key) for envelope in envelopes])
    click.echo(f"signed: `tollgate keys publish {file}` puts it on the log once all have signed")


@click.command("publish")
@click.argument("file", type=FILE)
def publish(file: Path) -> None:
    """Put the controls in FILE, signed by all who must, on the log of their engine."""
    from streams.control_plane import publish_signed
    from streams.keys import read_waiting
    from streams.settings import Settings

    engine, offsets = publish_signed(Settings(), read_waiting(file))
    click.echo(f"published on {engine}.controls at offset {offsets[0]}; effective from that offset")


def _shown(envelope: "ControlEnvelope") -> str:
    """A control for the person who is to sign it: all of it, as it will act."""
    import json

    statement = envelope.statement
    document = json.loads(envelope.text)["control"]
    by = ", ".join(each.key for each in envelope.signatures)
    return (
        f"{statement.kind} for engine {statement.engine} of {statement.installation}, signed by {by}\n"
        f"{json.dumps(document, indent=2, ensure_ascii=False)}"
    )
