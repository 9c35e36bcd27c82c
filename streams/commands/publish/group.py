"""`tollgate publish`: puts a change of judgement on the log, checked before it gets there."""

from pathlib import Path

import click

from streams.commands.publish.author import AUTHOR, SIGN_ONLY
from streams.commands.publish.change import Author, publish_change
from streams.commands.publish.models import challenger, rollback
from streams.commands.publish.policy import review_load, sign_tra_band, tra_band
from streams.option_types import ENGINE


def _staged(content: bytes) -> str:
    from streams.control_plane import ArtefactStore
    from streams.settings import Settings

    return ArtefactStore(Settings().home / "artefacts").stage(content)


def _prepared(name: str, path: Path) -> bytes:
    """The artefact of a file. Nothing is staged or published where a line of it is wrong."""
    from models.file_formats import ReferenceTableError
    from models.reference import REFERENCE_TABLES
    from streams.errors import Misconfigured

    try:
        return REFERENCE_TABLES[name].prepare(path.read_bytes())
    except ReferenceTableError as error:
        raise Misconfigured(f"{path}: {error}") from error


TABLES = ("bins", "countries", "currencies", "fx", "ip_countries", "mccs")
"""Written out, so that `--help` need not load the tables' code."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("publish")
@ENGINE
@AUTHOR
@click.option("--reason", default="", help="Why; it is kept on the log.")
@SIGN_ONLY
@click.pass_context
def command(context: click.Context, engine: str, author: str, reason: str) -> None:
    """Change how payments are judged: the change is checked, put on ENGINE.controls, and effective from that
    offset.
    """
    context.obj = Author(engine, author, reason)


@command.command("ruleset")
@click.argument("file", type=FILE)
@click.pass_obj
def ruleset(obj: Author, file: Path) -> None:
    """The ruleset in FILE (YAML) goes live; see `tollgate rules` for more."""
    from models.messages import RulesetChange
    from streams.control_plane import checked_ruleset
    from streams.settings import Settings

    publish_change(obj, RulesetChange(checked_ruleset(Settings(), file).document))


@command.command("policy")
@click.argument("file", type=FILE)
@click.pass_obj
def policy(obj: Author, file: Path) -> None:
    """The policy in FILE (YAML) goes live."""
    from models.messages import PolicyChange
    from streams.control_plane import read_document

    publish_change(obj, PolicyChange(read_document(file)))


@command.command("model")
@click.argument("file", type=FILE)
@click.pass_obj
def model(obj: Author, file: Path) -> None:
    """The model artefact in FILE is staged here and goes live. Stage it on every other engine host first."""
    from models.messages import ModelChange

    publish_change(obj, ModelChange(_staged(file.read_bytes())))


@command.command("table")
@click.argument("name", type=click.Choice(TABLES))
@click.argument("file", type=FILE)
@click.pass_obj
def table(obj: Author, name: str, file: Path) -> None:
    """The reference table in FILE is staged here and goes live under NAME. Stage it on every other engine
    host first.

    \b
    bins          CSV: bin (6-8 digits), bin_end, scheme, type, country, prepaid
    countries     CSV: country, latitude, longitude, currencies
    currencies    CSV: AlphabeticCode, MinorUnit (ISO 4217)
    fx            the European Central Bank's eurofxref files, CSV or XML
    ip_countries  CSV: network, country or start, end, country; or the registries' delegated files
    mccs          CSV: mcc, group, description

    A prepared artefact is published unchanged.
    """
    from models.messages import TableChange

    publish_change(obj, TableChange(name, _staged(_prepared(name, file))))


@command.command("list")
@click.argument("name")
@click.argument("value")
@click.option("--remove", is_flag=True, help="Take the value off the list instead.")
@click.option(
    "--expires-at", type=int, help="Engine time (UTC epoch ms) from which the entry no longer counts."
)
@click.pass_obj
def entry(obj: Author, name: str, value: str, remove: bool, expires_at: int | None) -> None:
    """Puts VALUE on the list NAME, e.g. `list blocked_bins 411111`."""
    from models.messages import ListChange

    publish_change(obj, ListChange(name, value, not remove, expires_at))


for _more in (review_load, tra_band, sign_tra_band, challenger, rollback):
    command.add_command(_more)
