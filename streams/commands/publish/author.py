"""Who makes a change, and how it is signed: options of every command that publishes one."""

import getpass
import os
from typing import Final

import click
from click.core import ParameterSource

SIGN_ONLY_VARIABLE: Final = "TOLLGATE_SIGN_ONLY"


def _sign_only(context: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    """Is TOLLGATE_SIGN_ONLY for this one command."""
    if is_asked:
        before = os.environ.get(SIGN_ONLY_VARIABLE)
        os.environ[SIGN_ONLY_VARIABLE] = "true"
        context.call_on_close(lambda: _restore(before))


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(SIGN_ONLY_VARIABLE, None)
    else:
        os.environ[SIGN_ONLY_VARIABLE] = before


SIGN_ONLY: Final = click.option(
    "--sign-only",
    is_flag=True,
    expose_value=False,
    callback=_sign_only,
    help="Sign into a file for another person, and publish nothing: see `tollgate keys sign`.",
)


def login_name() -> str:
    """Who is logged in here."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _author(context: click.Context, option: click.Parameter, author: str) -> str:
    """Says so where what was typed will not count."""
    from streams.keys import keyring_of
    from streams.settings import Settings

    typed = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    if typed and not context.resilient_parsing and keyring_of(Settings()) is not None:
        click.echo(
            f"note: --author {author} counts only on an engine that trusts no keys; elsewhere the author is "
            "who signs (`tollgate keys show`)",
            err=True,
        )
    return author


AUTHOR: Final = click.option(
    "--author",
    default=login_name,
    callback=_author,
    help="Who makes the change, where controls are not signed; a signed one is by who signs it.  "
    "[default: who is logged in]",
)
REASON: Final = click.option("--reason", required=True, help="Why; it is kept on the log.")
