"""`tollgate users`: who may sign in to the console, managed from the command line of its host.

Whoever can run it on that host is an admin anyway: it reads the database's password.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from uuid import UUID

    from desk.accounts import Account, Accounts, Role

Decorated = TypeVar("Decorated", bound=Callable[..., object])


@click.group("users")
def command() -> None:
    """People who may sign in to the console: their roles, their merchant accounts, their links."""


def _rights(decorated: Decorated) -> Decorated:
    """Options that say what a person may do and see."""
    roles = click.option(
        "--role", "roles", multiple=True, required=True,
        help="viewer, analyst, reviewer, rule_author, approver or admin; may be repeated.",
    )  # fmt: skip
    accounts = click.option(
        "--merchant-account", "accounts", multiple=True,
        help="One whose payments they may see; may be repeated.  [default: all]",
    )  # fmt: skip
    return roles(accounts(decorated))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead.")
def show(as_json: bool) -> None:
    """Everybody, by name."""
    import json

    with _accounts() as accounts:
        found = accounts.people()
    if as_json:
        click.echo(json.dumps([_document(one) for one in found]))
        return
    click.echo(f"{'name':<24}{'state':<12}{'code':<6}{'roles':<44}merchant accounts")
    for one in found:
        roles, scope = ", ".join(sorted(one.person.roles)), one.person.accounts
        seen = "all" if scope is None else ", ".join(sorted(scope)) or "none"
        code = "yes" if one.has_totp else "no"
        click.echo(f"{one.person.name:<24}{_state(one):<12}{code:<6}{roles:<44}{seen}")


@command.command("new")
@click.argument("name")
@_rights
def new(name: str, roles: Sequence[str], accounts: Sequence[str]) -> None:
    """Make a person and print the link by which they set their password, once, within 24 hours."""
    known = _roles(roles)
    with _accounts() as all_accounts:
        _, token = all_accounts.new_person(name, known, frozenset(accounts) or None)
    click.echo(_link(token))


@command.command("roles")
@click.argument("name")
@_rights
def roles(name: str, roles: Sequence[str], accounts: Sequence[str]) -> None:
    """Set what a person may do and see; in effect with their next request."""
    known = _roles(roles)
    with _accounts() as all_accounts:
        all_accounts.change_rights(_named(all_accounts, name), known, frozenset(accounts) or None)
    click.echo(f"{name}: {', '.join(sorted(known))}")


@command.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Keep a person out at once; what they did stays."""
    with _accounts() as accounts:
        accounts.disable(_named(accounts, name))
    click.echo(f"{name} is disabled.")


@command.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let a person in again, with the rights and the password they had."""
    with _accounts() as accounts:
        accounts.enable(_named(accounts, name))
    click.echo(f"{name} may sign in again.")


@command.command("reset")
@click.argument("name")
@click.option("--forget-app", is_flag=True, help="Take their authenticator app away as well: a lost phone.")
def reset(name: str, forget_app: bool) -> None:
    """Print a link by which a person sets a new password, once, within 24 hours."""
    with _accounts() as accounts:
        token = accounts.one_time_link(_named(accounts, name), forget_totp=forget_app)
    click.echo(_link(token))


@command.command("connect")
@click.argument("name")
@click.option("--issuer", required=True, help="Address of the identity provider, as it names itself.")
@click.option("--subject", required=True, help="What the provider knows the person by (`sub`).")
def connect(name: str, issuer: str, subject: str) -> None:
    """Let a person in by an identity provider."""
    with _accounts() as accounts:
        accounts.connect_provider(_named(accounts, name), issuer, subject)
    click.echo(f"{name} may sign in by {issuer}.")


@contextmanager
def _accounts() -> "Iterator[Accounts]":
    """The accounts of this installation, with the tables made where they are not there yet."""
    from datetime import UTC, datetime

    from desk.accounts import Accounts
    from desk.database import DeskDatabase, migrate
    from streams.settings import Settings

    database = DeskDatabase(Settings().database(), connections_max=2)
    try:
        migrate(database)
        yield Accounts(database, lambda: datetime.now(UTC))
    finally:
        database.close()


def _named(accounts: "Accounts", name: str) -> "UUID":
    """Whose name it is. Raises AccountRefused."""
    from desk.accounts import AccountRefused

    wanted = name.strip().casefold()
    for one in accounts.people():
        if one.person.name == wanted:
            return one.person.user_id
    raise AccountRefused(f"there is no person named {name}: `tollgate users list` shows all")


def _roles(names: Sequence[str]) -> "frozenset[Role]":
    from desk.accounts import Role

    unknown = [name for name in names if name not in list(Role)]
    if unknown:
        raise click.BadParameter(f"{unknown[0]} is none; there are {', '.join(Role)}", param_hint="--role")
    return frozenset(Role(name) for name in names)


def _link(token: str) -> str:
    """The link as it is handed to the person, with the console's address where it is known."""
    from streams.platform.processes import ProcessFile
    from streams.settings import Settings

    address = ProcessFile(Settings().run / "console.json").read().get("address", "ADDRESS-OF-THE-CONSOLE")
    return f"{address}/link/{token}"


def _state(account: "Account") -> str:
    if account.disabled_at is not None:
        return "disabled"
    return "active" if account.has_signed_up else "invited"


def _document(account: "Account") -> dict[str, object]:
    scope = account.person.accounts
    return {
        "name": account.person.name,
        "user_id": str(account.person.user_id),
        "state": _state(account),
        "roles": sorted(account.person.roles),
        "merchant_accounts": None if scope is None else sorted(scope),
        "has_totp": account.has_totp,
    }
