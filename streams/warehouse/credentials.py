"""The users of the local warehouse and their passwords, kept in files of the home.

Invariants
- A password is made once, of 256 random bits, and never enters an argument, a log line or a table.
- Its file can be read by its owner only from the moment it is there; one that everybody can read is refused.

The files are in the format of netrc, so that `curl --netrc-file` reads them as they are.
"""

import netrc
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from storage import StagedFile
from streams.errors import Misconfigured

HOSTS: Final = ("127.0.0.1", "localhost")
OWNER_ONLY: Final = 0o600
OTHERS: Final = 0o007


class WarehouseUser(StrEnum):
    """Who asks the warehouse; a ClickHouse server of your own has the same two (docs/operate.md)."""

    SINK = "tollgate_sink"
    """Writes rows, and makes and alters tables."""
    ANALYST = "tollgate_analyst"
    """Reads, within limits that it cannot raise."""


class BadCredentialsFile(Misconfigured):
    """A file of credentials is not one, or others can read it."""


def credentials_file(home: Path, user: WarehouseUser) -> Path:
    """Where the password of a user is: `HOME/warehouse-analyst.netrc`, `HOME/warehouse-sink.netrc`."""
    return home / f"warehouse-{user.removeprefix('tollgate_')}.netrc"


def ensure_credentials(home: Path) -> dict[WarehouseUser, str]:
    """Everyone's password, made where there is none yet. Only the process that owns the data calls it.

    Raises BadCredentialsFile.
    """
    return {user: _ensured(credentials_file(home, user), user) for user in WarehouseUser}


def password_of(home: Path, user: WarehouseUser) -> str:
    """The password of a user. Raises BadCredentialsFile where there is none or others can read it."""
    path = credentials_file(home, user)
    try:
        mode = path.stat().st_mode
        known = netrc.netrc(path).authenticators(HOSTS[0])
    except (OSError, netrc.NetrcParseError) as failure:
        raise BadCredentialsFile(
            f"{path} cannot be read ({failure}): `tollgate up` makes it; delete it and restart the warehouse "
            "to have new passwords"
        ) from None
    if mode & OTHERS:
        raise BadCredentialsFile(f"everybody on this machine can read {path}: run `chmod 600 {path}`")
    if known is None or known[0] != user or not known[2]:
        raise BadCredentialsFile(f"{path} names no password of {user}: delete it and restart the warehouse")
    return known[2]


def url_as(url: str, home: Path, user: WarehouseUser) -> str:
    """The address of the local warehouse with user and password. Raises BadCredentialsFile."""
    parts = urlsplit(url)
    login = f"{quote(user, safe='')}:{quote(password_of(home, user), safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def _ensured(path: Path, user: WarehouseUser) -> str:
    if not path.exists():
        password = secrets.token_urlsafe(32)
        path.parent.mkdir(parents=True, exist_ok=True)
        with StagedFile(path, durable=True) as file:
            file.discard()  # of a killed process with our id: it may have another mode
            file.partial.touch(mode=OWNER_ONLY)
            file.partial.write_text(_netrc(user, password), encoding="utf-8")
    return password_of(path.parent, user)


def _netrc(user: WarehouseUser, password: str) -> str:
    return "".join(f"machine {host} login {user} password {password}\n" for host in HOSTS)
