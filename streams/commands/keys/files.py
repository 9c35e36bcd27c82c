"""`tollgate keys init | new | show`: the files of keys on this host. Kafka is not needed."""

from pathlib import Path

import click

PUB = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("init")
@click.option("--root", "files", type=PUB, multiple=True, help="A root key's .pub file; may be repeated.")
@click.option("--threshold", type=click.IntRange(1, 16), help="How many root keys must sign.  [default: all]")
@click.option("--installation", help="Name of the installation.  [default: by host, and random]")
def init(files: tuple[Path, ...], threshold: int | None, installation: str | None) -> None:
    """Make the root of trust of an installation.

    Without --root all keys of a laptop are made, as `tollgate up` does. With --root only the public root.json
    is written, from the .pub files that their holders made with `tollgate keys new`; copy it to every host,
    and point TOLLGATE_TRUST_ROOT at it.
    """
    from streams.errors import Misconfigured
    from streams.keys import ensure_local_keys, write_root
    from streams.settings import Settings

    settings = Settings()
    if files:
        write_root(settings.keys_folder, files, threshold or len(files), installation)
    elif ensure_local_keys(settings) is None:
        raise Misconfigured("in production several people make root keys: give their .pub files, --root")
    _show(settings)


@click.command("new")
@click.argument("name")
@click.option("--holder", help="Whose key it is; it is shown as author.  [default: NAME]")
def new(name: str, holder: str | None) -> None:
    """Make a key pair NAME.key, NAME.pub in the folder of keys. Give the .pub file to who adds it."""
    import re

    from streams.errors import Misconfigured
    from streams.keys import new_key
    from streams.settings import Settings

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise Misconfigured(f"{name!r} is no name for a file of keys: letters, digits, `-`, `_` and `.`")
    folder = Settings().keys_folder
    public = new_key(folder, name, holder or name)
    click.echo(f"{folder / name}.key holds the private key of {public.name}; give {name}.pub to others")


@click.command("show")
def show() -> None:
    """Show the keys of this host by holder, id and file, and the root of trust it begins with."""
    from streams.settings import Settings

    _show(Settings())


def _show(settings: object) -> None:
    from models.trust import key_id, root_fingerprint
    from streams.keys import keyring_of, read_public
    from streams.settings import Settings
    from streams.text_table import text_table

    assert isinstance(settings, Settings)
    keyring = keyring_of(settings)
    if keyring is None:
        click.echo(f"no root of trust in {settings.keys_folder}: controls are not signed here")
    else:
        root = keyring.root
        holders = ", ".join(each.name for each in root.keys)
        click.echo(
            f"root of trust {root_fingerprint(root)} of {root.installation}: {root.threshold} of {holders}"
        )
    rows = [("file", "holder", "id", "public key")]
    for path in sorted(settings.keys_folder.glob("*.pub")):
        public = read_public(path)
        rows.append((path.stem, public.name, key_id(public.key), public.key))
    if len(rows) > 1:
        click.echo(text_table(rows))
