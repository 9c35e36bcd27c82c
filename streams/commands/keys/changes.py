"""`tollgate keys add | retire | rotate-root | second-signature`: changes of what an engine trusts, signed by
root keys.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.commands.keys.files import PUB
from streams.commands.publish import SIGN_ONLY
from streams.option_types import ENGINE

if TYPE_CHECKING:
    from streams.control_plane import KeyEdit

ROLE_HELP = "rules, lists, models, policy, tables, tra, operations or engine; may be repeated."
REASON = click.option("--reason", default="", help="Why; it is kept on the log.")


@click.command("add")
@click.argument("files", type=PUB, nargs=-1, required=True)
@click.option("--role", "roles", multiple=True, required=True, help=ROLE_HELP)
@SIGN_ONLY
@ENGINE
@REASON
def add(files: tuple[Path, ...], roles: tuple[str, ...], engine: str, reason: str) -> None:
    """Trust the keys of these .pub FILES from here on, for these roles.

    Where this host has too few root keys, what they signed is put into a file for the other holders.
    """
    from models.messages import TrustedKey
    from streams.control_plane import roles_of, with_keys
    from streams.keys import read_public

    wanted = roles_of(roles)
    publics = [read_public(path) for path in files]
    _change(engine, with_keys(TrustedKey(each.name, each.key, wanted) for each in publics), reason)


@click.command("retire")
@click.argument("name")
@SIGN_ONLY
@ENGINE
@REASON
def retire(name: str, engine: str, reason: str) -> None:
    """Trust the key of holder NAME (or its id) no more. What it signed before stays in force."""
    from streams.control_plane import without_key

    _change(engine, without_key(name), reason)


@click.command("rotate-root")
@click.option("--root", "files", type=PUB, multiple=True, required=True, help="A new root key's .pub file.")
@click.option("--threshold", type=click.IntRange(1, 16), help="How many must sign.  [default: all]")
@SIGN_ONLY
@ENGINE
@REASON
def rotate_root(files: tuple[Path, ...], threshold: int | None, engine: str, reason: str) -> None:
    """Replace the root keys. The threshold of the old ones and of the new ones must sign."""
    from streams.control_plane import with_root
    from streams.keys import root_of_files

    _change(engine, with_root(root_of_files(files, threshold or len(files), "unchanged")), reason)


@click.command("second-signature")
@click.option("--allow-rules/--no-allow-rules", default=False, help="On rulesets in which a rule allows.")
@click.option("--models/--no-models", default=False, help="On models that decide.")
@click.option("--policies/--no-policies", default=False, help="On policies.")
@click.option("--allow-entry-hours", type=click.IntRange(0), help="On allow entries of more hours.")
@SIGN_ONLY
@ENGINE
@REASON
def second_signature(
    allow_rules: bool, models: bool, policies: bool, allow_entry_hours: int | None, engine: str, reason: str
) -> None:
    """Set what two people must sign from here on; what is not named needs one."""
    from models.messages import SecondSignature
    from streams.control_plane import with_second_signature

    second = SecondSignature(allow_rules, models, policies, allow_entry_hours)
    _change(engine, with_second_signature(second), reason)


def _change(engine: str, edit: "KeyEdit", reason: str) -> None:
    from streams.control_plane import change_keys
    from streams.settings import Settings

    offset = change_keys(Settings(), engine, edit, reason)
    click.echo(f"keys of {engine} changed, effective from offset {offset} of {engine}.controls")
