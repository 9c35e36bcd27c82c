"""IP addresses as texts come: recognised, in their one spelling, and as numbers.

IPv4 is strict dotted decimal, without leading zeros. IPv6 is read and written as RFC 5952 defines; an IPv4
address mapped into IPv6 (`::ffff:192.0.2.1`) is that IPv4 address. Everything else is malformed and counts as
absent. IPv4 is read by a kernel, many at once; IPv6 by the standard library, with a bounded memory.
"""

import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bytes, UInt32s
from models.kernels import kernel

MALFORMED, V4, V6 = 0, 4, 6
REMEMBERED_MAX = 1 << 16
_MAPPED = bytes(10) + b"\xff\xff"


class IpAddresses(NamedTuple):
    """Many addresses. `version`: `V4`, `V6` or `MALFORMED`. `number`: of IPv4, else 0. `prefix`: the first 64
    bits of IPv6, else 0. `text`: the one spelling, None when malformed.
    """

    version: NDArray[np.uint8]
    number: NDArray[np.uint32]
    prefix: NDArray[np.uint64]
    text: list[str | None]


def parsed(ips: Sequence[str | None]) -> IpAddresses:
    """The addresses in these texts.

    >>> parsed(["192.0.2.1", "2001:DB8:0::1", "::ffff:192.0.2.1", "192.0.2.01", None]).text
    ['192.0.2.1', '2001:db8::1', '192.0.2.1', None, None]
    """
    lines = "\n".join([ip or "" for ip in ips])
    if lines.count("\n") != len(ips) - 1:
        # Only an address with a line break in it comes here: it is malformed.
        ips = [None if ip is None or "\n" in ip else ip for ip in ips]
        lines = "\n".join([ip or "" for ip in ips])
    version, number = np.zeros(len(ips), np.uint8), np.zeros(len(ips), np.uint32)
    _read(np.frombuffer(lines.encode("utf-8", "replace"), np.uint8), version, number)
    addresses = IpAddresses(version, number, np.zeros(len(ips), np.uint64), list(ips))
    if not (version == V4).all():
        _read_others(addresses)
    return addresses


def network(ip: str) -> str:
    """The /24 or /48 of an address in its one spelling.

    >>> network("203.0.113.77"), network("2001:db8:1:2::3")
    ('203.0.113.0/24', '2001:db8:1::/48')
    """
    return ip[: ip.rfind(".")] + ".0/24" if ":" not in ip else _ipv6(ip)[3]


def warm() -> None:
    """Compile the kernel (or load it from the cache) before the first payment."""
    parsed(["192.0.2.1", None])


def _read_others(addresses: IpAddresses) -> None:
    version, number, prefix, text = addresses
    for row in np.flatnonzero(version != V4).tolist():
        ip = text[row]
        if version[row] == V6 and ip is not None:
            version[row], value, text[row], _ = _ipv6(ip)
            (number if version[row] == V4 else prefix)[row] = value
        else:
            text[row] = None


@lru_cache(maxsize=REMEMBERED_MAX)
def _ipv6(text: str) -> tuple[int, int, str | None, str]:
    """Version, number (IPv4) or first 64 bits, the one spelling, and its network."""
    try:
        packed = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return MALFORMED, 0, None, ""
    if packed.startswith(_MAPPED):
        spelled = socket.inet_ntop(socket.AF_INET, packed[12:])
        return V4, int.from_bytes(packed[12:]), spelled, network(spelled)
    return V6, int.from_bytes(packed[:8]), _spelled(packed), _spelled(packed[:6] + bytes(10)) + "/48"


def _spelled(packed: bytes) -> str:
    """By RFC 5952. Systems differ over the former IPv4-compatible `::192.0.2.1`: there Python decides."""
    if not any(packed[:12]):
        return str(IPv6Address(packed))
    return socket.inet_ntop(socket.AF_INET6, packed)


@kernel
def _read(text: Bytes, version: Bytes, number: UInt32s) -> None:
    """One address a line. A line with a colon may be IPv6 and is left to the standard library."""
    address, octet, digits, octets, valid, colon, row = np.int64(0), 0, 0, 0, True, False, 0
    for i in range(len(text) + 1):
        byte = text[i] if i < len(text) else 10
        if 48 <= byte <= 57:
            valid = valid and digits < 3 and not (digits > 0 and octet == 0)
            octet = octet * 10 + (byte - 48)
            digits += 1
            continue
        valid = valid and digits > 0 and octet <= 255
        address = (address << 8) | (octet & 255)
        octets += 1
        octet = digits = 0
        if byte == 46:
            continue
        if byte == 10:
            if row < len(version):
                if valid and octets == 4:
                    version[row], number[row] = V4, address
                elif colon:
                    version[row] = V6
            row += 1
            address, octets, valid, colon = np.int64(0), 0, True, False
        else:
            valid = False
            colon = colon or byte == 58
