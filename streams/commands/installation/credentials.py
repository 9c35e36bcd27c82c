"""`tollgate credentials`: certificates and users for a broker of one's own, as docker-compose.yml has it."""

from pathlib import Path

import click

from streams.option_types import ENGINE


@click.command("credentials")
@click.argument("folder", type=click.Path(path_type=Path))
@ENGINE
@click.option("--host", "hosts", multiple=True, required=True, help="Name of the broker; may be repeated.")
@click.option("--administration", required=True, help="HOST:PORT of its listener for the superuser.")
def command(folder: Path, engine: str, hosts: tuple[str, ...], administration: str) -> None:
    """Make a certificate authority, the broker's certificate, and a user with a password for each role.

    Nothing is made where FOLDER is there already. Files are 0600; FOLDER/clients/ROLE.properties is what
    KAFKA_PROPERTIES_FILE names for a process of that role. For a laptop, `tollgate up --secure` does all
    of it. A bank has an authority and users of its own: see docs/security.md.
    """
    from streams.platform.broker import BrokerCredentials

    credentials = BrokerCredentials(folder.absolute())
    made = credentials.make(engine, hosts)
    credentials.write_superuser(administration)
    click.echo(f"{folder}: {'made' if made else 'there already'}")
