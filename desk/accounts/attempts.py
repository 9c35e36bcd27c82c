"""How often somebody may try: counted by name and address, by address, and by name, in windows of time.

An attempt is counted before it is looked at, by one statement, so that many at the same moment do not get
more than one after the other. A person is kept out by another's attempts only where these came from many
addresses.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from desk.accounts.refusals import TooManyAttempts
from desk.database import DeskConnection

WINDOW: Final = timedelta(minutes=15)
OF_A_NAME_FROM_AN_ADDRESS_MAX: Final = 5
OF_AN_ADDRESS_MAX: Final = 30
OF_A_NAME_MAX: Final = 30
NETWORK_BITS: Final = 64
"""Of an IPv6 address: whoever has one has all of its network."""


@dataclass(frozen=True)
class Limit:
    """What is counted, hashed, and how often it may be."""

    counted: bytes
    attempts_max: int


def limits(name: str, address: str) -> tuple[Limit, ...]:
    """What an attempt by this name from this address counts for."""
    network = network_of(address)
    return (
        Limit(_counted("name and address", name, network), OF_A_NAME_FROM_AN_ADDRESS_MAX),
        Limit(_counted("address", network), OF_AN_ADDRESS_MAX),
        Limit(_counted("name", name), OF_A_NAME_MAX),
    )


def count(connection: DeskConnection, counted: tuple[Limit, ...], now: datetime) -> None:
    """Counts an attempt. Raises TooManyAttempts, with the attempt not counted, where a limit is reached."""
    for limit in sorted(counted, key=lambda limit: limit.counted):  # one order: no deadlock
        row = connection.execute(
            COUNT, {"counted": limit.counted, "now": now, "since": now - WINDOW, "max": limit.attempts_max}
        ).fetchone()
        if row is None:
            raise TooManyAttempts(_wait_s(connection, limit, now))


def forgive(connection: DeskConnection, counted: tuple[Limit, ...]) -> None:
    """Takes an attempt back that was right."""
    for limit in sorted(counted, key=lambda limit: limit.counted):
        connection.execute(
            "UPDATE sign_in_attempts SET attempts = greatest(0, attempts - 1) WHERE counted_sha256 = %s",
            (limit.counted,),
        )


def forget_ended(connection: DeskConnection, now: datetime) -> None:
    """Deletes what no limit asks for any more."""
    connection.execute("DELETE FROM sign_in_attempts WHERE window_started_at <= %s", (now - WINDOW,))


def network_of(address: str) -> str:
    """The address as it is counted; of IPv6 its network.

    >>> network_of("192.0.2.7"), network_of("2001:db8::1") == network_of("2001:db8::2")
    ('192.0.2.7', True)
    >>> network_of("::ffff:192.0.2.7"), network_of("nowhere")
    ('192.0.2.7', 'unknown')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), NETWORK_BITS), strict=False))


COUNT: Final = """
INSERT INTO sign_in_attempts AS a (counted_sha256, window_started_at, attempts)
VALUES (%(counted)s, %(now)s, 1)
ON CONFLICT (counted_sha256) DO UPDATE SET
    attempts = CASE WHEN a.window_started_at <= %(since)s THEN 1 ELSE a.attempts + 1 END,
    window_started_at = CASE WHEN a.window_started_at <= %(since)s THEN %(now)s ELSE a.window_started_at END
WHERE a.window_started_at <= %(since)s OR a.attempts < %(max)s
RETURNING attempts
"""


def _wait_s(connection: DeskConnection, limit: Limit, now: datetime) -> int:
    row = connection.execute(
        "SELECT window_started_at FROM sign_in_attempts WHERE counted_sha256 = %s", (limit.counted,)
    ).fetchone()
    started = row["window_started_at"] if row else now
    return max(1, int((started + WINDOW - now).total_seconds()))


def _counted(*parts: str) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode(errors="replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()
