"""The address of your own ClickHouse: its password and certificate authority may stand in files."""

from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

from streams.connection.variables import secret_in
from streams.errors import Misconfigured

PASSWORD_FILE: Final = "CLICKHOUSE_PASSWORD_FILE"
CA_FILE: Final = "CLICKHOUSE_CA_FILE"
UNVERIFIED: Final = frozenset({"0", "false", "no", "off"})


def checked_clickhouse_url(url: str) -> str:
    """The address as it is. Raises `ValueError`, which does not show it: any part may hold the password."""
    try:
        parts = urlsplit(url)
        readable = not url or (parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        readable = False
    if not readable or (url and "@" in f"{parts.path}{parts.query}{parts.fragment}"):
        raise ValueError(
            "give http[s]://user:password@host:port/database. Special characters of a password are written "
            f"percent-encoded (# as %23, @ as %40, / as %2F), or the password stands in {PASSWORD_FILE}"
        )
    return url


def complete_clickhouse_url(url: str, password_file: str, ca_file: str) -> str:
    """With the password and the certificate authority of these files, if any. Raises `Misconfigured`."""
    parts = urlsplit(url)
    netloc, query = parts.netloc, parts.query
    if password_file:
        user, _, host = netloc.rpartition("@")
        if not user or ":" in user:
            raise Misconfigured(
                f"{PASSWORD_FILE} needs a CLICKHOUSE_URL with a user and without a password: "
                "https://user@host:port/database"
            )
        netloc = f"{user}:{quote(secret_in(PASSWORD_FILE, Path(password_file)), safe='')}@{host}"
    if ca_file:
        if parts.scheme != "https":
            raise Misconfigured(f"{CA_FILE} is set, but CLICKHOUSE_URL is not https: it would not be used")
        if not Path(ca_file).is_file():
            raise Misconfigured(f"{CA_FILE}={ca_file}: there is no such file")
        query = "&".join(part for part in (query, urlencode({"ca_cert": ca_file})) if part)
    return urlunsplit(parts._replace(netloc=netloc, query=query))


def clickhouse_authority(url: str) -> str | None:
    """The file of the certificate authority that the address names."""
    return next(iter(parse_qs(urlsplit(url).query).get("ca_cert", ())), None)


def is_unverified(url: str) -> bool:
    """Whether the address asks not to check who answers."""
    asked = parse_qs(urlsplit(url).query).get("verify", ())
    return any(value.lower() in UNVERIFIED for value in asked)
