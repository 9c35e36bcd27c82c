"""Clients of ClickHouse: one function for the local warehouse and a real server, both speak HTTP."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from streams.connection import is_unverified
from streams.errors import Misconfigured

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 10
READ_TIMEOUT_S: Final = 300


class BadClickHouseAddress(Misconfigured):
    """The address does not lead to a ClickHouse HTTP interface."""


def connect(url: str, **options: Any) -> "Client":
    """A client of the ClickHouse at `url` (`http://[user:password@]host:port[/database]`; with `https`,
    `?ca_cert=FILE` names a private authority and `?verify=false` is taken, with a warning in the log).

    Requests carry no session id: ClickHouse refuses two queries of one session at the same time, and we
    keep no state in sessions. `options` go to `clickhouse_connect.get_client` as they are. Raises
    BadClickHouseAddress for an address of another form, clickhouse_connect's errors when no server answers.
    """
    import clickhouse_connect  # of an extra: the room is imported without it as well

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadClickHouseAddress(
            f"CLICKHOUSE_URL is {_without_password(url)!r}: give http://host:port or https://user:password@host:port/database"
        )
    if is_unverified(url):
        _warn_unverified(parts.hostname)
    settings: dict[str, Any] = {
        "autogenerate_session_id": False,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "send_receive_timeout": READ_TIMEOUT_S,
    }
    return clickhouse_connect.get_client(dsn=url, interface=parts.scheme, **(settings | options))


@cache
def _warn_unverified(host: str | None) -> None:
    log.warning(
        "The certificate of ClickHouse at %s is NOT verified (verify=false): anybody between us and it can "
        "read and change decisions. Give the private CA by CLICKHOUSE_CA_FILE instead",
        host,
    )


def _without_password(url: str) -> str:
    head, separator, tail = url.rpartition("@")
    return f"***{separator}{tail}" if head else url
