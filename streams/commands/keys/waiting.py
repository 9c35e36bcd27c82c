"""`tollgate keys sign | publish`: the second signature, and what is complete goes onto the log."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from models.trust import ControlEnvelope

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("sign")
@click.argument("file", type=FILE)
@click.option("--key", "name", default="", help="File of keys to sign with.  [default: TOLLGATE_SIGN_WITH]")
@click.option("--yes", is_flag=True, help="Sign without asking.")
def sign(file: Path, name: str, yes: bool) -> None:
    """Show the controls in FILE, which another person signed, and add your signature. Kafka is not needed.

    A FILE without a folder is looked for in keys/waiting as well.
    """
    from streams.control_plane import with_signature
    from streams.keys import (
        WAITING,
        find_waiting,
        key_to_sign_with,
        keyring_of,
        read_waiting,
        write_waiting,
    )
    from streams.settings import Settings

    settings = Settings()
    keyring = keyring_of(settings)
    file = find_waiting(settings.keys_folder / WAITING, file)
    envelopes = read_waiting(file)
    root = keyring.root if keyring else None
    key = key_to_sign_with(settings.keys_folder, name or settings.sign_with, envelopes, root)
    for envelope in envelopes:
        click.echo(_shown(envelope))
    if not yes:
        click.confirm(f"Sign {len(envelopes)} controls?", abort=True)
    write_waiting(file, [with_signature(envelope, key) for envelope in envelopes])
    click.echo(f"signed: `tollgate keys publish {file}` puts it on the log once all have signed")


@click.command("publish")
@click.argument("file", type=FILE)
def publish(file: Path) -> None:
    """Put the controls in FILE, signed by all who must, on the log of their engine.

    A FILE without a folder is looked for in keys/waiting as well; from there it is removed once published.
    """
    from streams.control_plane import publish_signed
    from streams.keys import WAITING, find_waiting, read_waiting
    from streams.settings import Settings

    settings = Settings()
    waiting = settings.keys_folder / WAITING
    file = find_waiting(waiting, file)
    engine, offsets = publish_signed(settings, read_waiting(file))
    click.echo(f"published on {engine}.controls at offset {offsets[0]}; effective from that offset")
    if file.resolve().parent == waiting.resolve():
        file.unlink()
        click.echo(f"{file} is removed: what it held is on the log")


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
