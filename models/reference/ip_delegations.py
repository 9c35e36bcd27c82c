"""Text files of IP ranges and their countries, made into `IpCountries`. IPv4 and IPv6 may be mixed.

Three forms are understood:

* CSV with `network,country`, the network in CIDR form: `192.0.2.0/24,DE`, `2001:db8::/32,FR`;
* CSV with `start,end,country`, both addresses inclusive;
* the statistics files that the five regional registries publish (`delegated-apnic-latest` and so on; several
  may follow each other in one file): `apnic|JP|ipv6|2001:200::|35|19990813|allocated`. Lines of address space
  that is not allocated or assigned, summaries and AS numbers are passed over.

Order does not matter; ranges may not overlap. IPv6 is distinguished by its first 64 bits, so longer networks
are refused. Text beyond ASCII and unknown forms are refused with their line.
"""

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address, NetmaskValueError, ip_network

from models.file_formats import ReferenceTableError, country_code, lines, records
from models.reference.ip_countries import AddressRange, IpCountries

_DELEGATED = frozenset({"allocated", "assigned"})
_LOW = 64
_REGISTRY_FIELDS = 7


def from_text(blob: bytes) -> IpCountries:
    """The table of one of the three forms. Raises `ReferenceTableError` naming the line."""
    first = next(lines(blob), (1, ""))[1]
    read = _delegations if first.count("|") >= 3 else (_networks if "network" in first else _ranges)
    ipv4: list[AddressRange] = []
    ipv6: list[AddressRange] = []
    for version, part in read(blob):
        (ipv4 if version == 4 else ipv6).append(part)
    if not ipv4 and not ipv6:
        raise ReferenceTableError("line 1: no range: `network,country`, `start,end,country` or delegations")
    return IpCountries.from_ranges(ipv4, ipv6)


def _networks(blob: bytes) -> Iterator[tuple[int, AddressRange]]:
    for number, (text, country) in records(blob, ("network", "country")):
        try:
            network = ip_network(text)
        except ValueError as error:
            raise ReferenceTableError(f"line {number}: {error}") from None
        first, last = network.network_address, network.broadcast_address
        yield _range(first, last, country_code(country, number), number)


def _ranges(blob: bytes) -> Iterator[tuple[int, AddressRange]]:
    for number, (start, end, country) in records(blob, ("start", "end", "country")):
        first, last = _address(start, number), _address(end, number)
        if first.version != last.version or int(last) < int(first):
            raise ReferenceTableError(
                f"line {number}: {start} to {end} is not a range of ascending addresses"
            )
        yield _range(first, last, country_code(country, number), number)


def _delegations(blob: bytes) -> Iterator[tuple[int, AddressRange]]:
    for number, line in lines(blob):
        fields = line.split("|")
        if len(fields) < _REGISTRY_FIELDS or fields[2] not in {"ipv4", "ipv6"} or fields[6] not in _DELEGATED:
            continue
        _, country, kind, start, value = fields[:5]
        if not (value.isascii() and value.isdigit() and len(value) <= 10):
            raise ReferenceTableError(
                f"line {number}: {value[:20]!r} is not a number of addresses or a prefix"
            )
        first = _address(start, number)
        size = int(value) if kind == "ipv4" else 1 << 128 - min(int(value), 128)
        if kind != f"ipv{first.version}" or size < 1 or int(first) + size - 1 > int(_highest(first)):
            raise ReferenceTableError(f"line {number}: {start} with {value} is not a range of {kind}")
        last = type(first)(int(first) + size - 1)
        yield _range(first, last, country_code(country, number), number)


def _address(text: str, number: int) -> IPv4Address | IPv6Address:
    try:
        return IPv6Address(text) if ":" in text else IPv4Address(text)
    except (AddressValueError, NetmaskValueError) as error:
        raise ReferenceTableError(f"line {number}: {error}") from None


def _highest(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return IPv4Address(2**32 - 1) if address.version == 4 else IPv6Address(2**128 - 1)


def _range(
    first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address, country: str, number: int
) -> tuple[int, AddressRange]:
    low, high = int(first), int(last)
    if first.version == 4:
        return 4, AddressRange(low, high, country, number)
    if low % (1 << _LOW) or (high + 1) % (1 << _LOW):
        raise ReferenceTableError(
            f"line {number}: {first} to {last} is finer than a /64, the finest that is distinguished in IPv6"
        )
    return 6, AddressRange(low >> _LOW, high >> _LOW, country, number)
