"""The country of an IP address, by the registries' delegations: who was given the block, not where the user
is.

One table holds IPv4 and IPv6 (by its first 64 bits); a table may lack either. It is compact binary (see
`to_bytes`): the starts of some 200,000 blocks, searched by halves. `models.reference.ip_delegations` makes it
of text. Private, unknown and malformed addresses have no country (None); none is an error.

Invariant: starts ascend strictly, and every code names a country of the table or none.
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Final, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bytes, Int32s, UInt32s, UInt64s
from models.file_formats import ReferenceTableError, pack, unpack
from models.kernels import kernel
from models.reference import ip_addresses
from models.reference.ip_addresses import V4, V6, IpAddresses, parsed

Number = TypeVar("Number", bound=np.generic)

MAGIC: Final = b"TGIP1\n"
"""First bytes of a table of IPv4 alone, as the first release wrote them."""
MAGIC_BOTH: Final = b"TGIP2\n"
COUNTRIES_MAX: Final = 255
BLOCKS_MAX: Final = 4_000_000
_BYTES_MAX = 14 * BLOCKS_MAX + 1_000
_HEAD = struct.Struct("<IH")
_HEAD_BOTH = struct.Struct("<IIH")
_NO_BLOCKS_6 = (np.zeros(0, np.uint64), np.zeros(0, np.uint8))


class AddressRange(NamedTuple):
    """A range of addresses of one version, in one country."""

    first: int
    """Its first address as a number; of IPv6 the first 64 bits."""
    last: int
    """Its last address."""
    country: str
    """ISO 3166-1 alpha-2."""
    line: int = 0
    """Where the file has it."""


class IpCountries:
    """Looks up many addresses at once.

    >>> table = IpCountries(np.array([16, 32], np.uint32), np.array([1, 0], np.uint8), ["DE"])
    >>> table.countries(["0.0.0.15", "0.0.0.16", "0.0.0.31", "0.0.0.32", "::ffff:0.0.0.16", "0.0.0.016"])
    [None, 'DE', 'DE', None, 'DE', None]
    """

    def __init__(
        self,
        starts: NDArray[np.uint32],
        codes: NDArray[np.uint8],
        countries: Sequence[str],
        ipv6: tuple[NDArray[np.uint64], NDArray[np.uint8]] = _NO_BLOCKS_6,
    ) -> None:
        """`starts[i]` ascending: from that address on country number `codes[i]` (from 1; 0 for none) holds.
        `ipv6`: starts and codes of IPv6, by its first 64 bits.
        """
        self._starts, self._codes = _from_zero(starts), _from_zero(codes)
        self._starts6, self._codes6 = _from_zero(ipv6[0]), _from_zero(ipv6[1])
        self.names: tuple[str | None, ...] = (None, *countries)
        """Countries by number; number 0 is none."""
        ends = (np.arange(1, (1 << 16) + 1, dtype=np.int64) << 16) - 1
        last = np.searchsorted(self._starts, ends, side="right") - 1
        self._last = np.concatenate([np.zeros(1, np.int64), last]).astype(np.int32)

    @classmethod
    def from_ranges(cls, ipv4: Iterable[AddressRange], ipv6: Iterable[AddressRange]) -> Self:
        """The table of ranges in any order. Raises `ReferenceTableError` where two overlap."""
        four, six = (sorted(ranges, key=itemgetter(0)) for ranges in (ipv4, ipv6))
        names = sorted({part.country for part in (*four, *six)})
        if len(names) > COUNTRIES_MAX:
            raise ReferenceTableError(f"{len(names)} countries; at most {COUNTRIES_MAX} fit into a table")
        numbers = {name: number for number, name in enumerate(names, 1)}
        starts, codes = _blocks(four, numbers, 2**32)
        starts6, codes6 = _blocks(six, numbers, 2**64)
        return cls(
            np.array(starts, np.uint32),
            np.array(codes, np.uint8),
            names,
            (np.array(starts6, np.uint64), np.array(codes6, np.uint8)),
        )

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read a prepared table of either form. Raises `ReferenceTableError`."""
        if blob.startswith(MAGIC_BOTH):
            return cls(*unpack(blob, MAGIC_BOTH, _BYTES_MAX, "countries of IP addresses", _decoded_both))
        return cls(*unpack(blob, MAGIC, _BYTES_MAX, "countries of IP addresses", _decoded))

    def to_bytes(self) -> bytes:
        """The table as a file: magic, then zlib over counts, countries, start deltas (by byte), codes."""
        names = "".join(name for name in self.names if name is not None).encode("ascii")
        four, six = (_encoded(self._starts, self._codes), _encoded(self._starts6, self._codes6))
        count, count6, countries = len(self._starts) - 1, len(self._starts6) - 1, len(self.names) - 1
        if count6 == 0:
            return pack(MAGIC, _HEAD.pack(count, countries) + names + four)
        return pack(MAGIC_BOTH, _HEAD_BOTH.pack(count, count6, countries) + names + four + six)

    def numbers(self, addresses: IpAddresses) -> NDArray[np.uint8]:
        """Number of each address's country in `names`; 0 for none."""
        out = np.zeros(len(addresses.version), np.uint8)
        _look_up(addresses.version, addresses.number, self._last, self._starts, self._codes, out)
        if len(self._starts6) > 1:
            _look_up6(addresses.version, addresses.prefix, self._starts6, self._codes6, out)
        return out

    def countries(self, ips: Sequence[str | None]) -> list[str | None]:
        """ISO 3166-1 alpha-2 code of each address, or None."""
        names = self.names
        return [names[code] for code in self.numbers(parsed(ips)).tolist()]


def warm() -> None:
    """Compile the kernels (or load them from the cache) before the first payment."""
    ip_addresses.warm()
    IpCountries.from_ranges([AddressRange(0, 1, "ZZ")], [AddressRange(0, 1, "ZZ")]).countries(
        ["192.0.2.1", "2001:db8::1"]
    )


def _from_zero(column: NDArray[Number]) -> NDArray[Number]:
    """With a first block, from address 0 on, that no country has."""
    return np.concatenate([np.zeros(1, column.dtype), column])


def _blocks(ranges: list[AddressRange], numbers: dict[str, int], end: int) -> tuple[list[int], list[int]]:
    """Starts and codes: neighbours of one country become one block, gaps become blocks of none."""
    for before, after in pairwise(ranges):
        if after.first <= before.last:
            lines = sorted((before.line, after.line))
            raise ReferenceTableError(f"line {lines[1]}: the range overlaps the one in line {lines[0]}")
    edges: list[tuple[int, int]] = []
    free = 0
    for part in ranges:
        edges += [(free, 0)] * (part.first > free) + [(part.first, numbers[part.country])]
        free = part.last + 1
    edges += [(free, 0)] * (free < end)
    codes = [0, *(code for _, code in edges)]
    changes = [edge for edge, before in zip(edges, codes, strict=False) if edge[1] != before]
    return [start for start, _ in changes], [code for _, code in changes]


def _encoded(starts: NDArray[np.generic], codes: NDArray[np.generic]) -> bytes:
    width = starts.dtype.itemsize
    deltas = np.diff(starts).astype(starts.dtype.newbyteorder("<"))
    return deltas.view(np.uint8).reshape(-1, width).T.tobytes() + codes[1:].tobytes()


def _decoded(body: bytes) -> tuple[NDArray[np.uint32], NDArray[np.uint8], list[str]]:
    count, countries = _HEAD.unpack_from(body)
    at = _HEAD.size
    names = _names(body, at, countries)
    _check_size(body, at + 2 * countries + 5 * count, count)
    starts, codes = _decoded_blocks(body, at + 2 * countries, count, 4, countries)
    return starts.astype(np.uint32), codes, names


def _decoded_both(
    body: bytes,
) -> tuple[NDArray[np.uint32], NDArray[np.uint8], list[str], tuple[NDArray[np.uint64], NDArray[np.uint8]]]:
    count, count6, countries = _HEAD_BOTH.unpack_from(body)
    at = _HEAD_BOTH.size
    names = _names(body, at, countries)
    at += 2 * countries
    _check_size(body, at + 5 * count + 9 * count6, count + count6)
    starts, codes = _decoded_blocks(body, at, count, 4, countries)
    starts6, codes6 = _decoded_blocks(body, at + 5 * count, count6, 8, countries)
    return starts.astype(np.uint32), codes, names, (starts6, codes6)


def _names(body: bytes, offset: int, countries: int) -> list[str]:
    if countries > COUNTRIES_MAX:
        raise ValueError(f"{countries} countries")
    text = body[offset : offset + 2 * countries].decode("ascii")
    return [text[i : i + 2] for i in range(0, len(text), 2)]


def _check_size(body: bytes, size: int, count: int) -> None:
    if not 0 < count <= BLOCKS_MAX or len(body) != size:
        raise ValueError(f"{count} blocks in {len(body)} bytes instead of {size}")


def _decoded_blocks(
    body: bytes, offset: int, count: int, width: int, countries: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    planes = np.frombuffer(body, np.uint8, width * count, offset).reshape(width, count)
    deltas = np.ascontiguousarray(planes.T).view(f"<u{width}").ravel()
    starts = np.cumsum(deltas, dtype=np.uint64)
    codes = np.frombuffer(body, np.uint8, count, offset + width * count)
    if count and (
        np.any(starts[1:] <= starts[:-1]) or starts[-1] >= 1 << 8 * width or codes.max() > countries
    ):
        raise ValueError("the blocks do not ascend, or one names an unknown country")
    return starts, codes


@kernel
def _look_up(
    version: Bytes, number: UInt32s, last: Int32s, starts: UInt32s, codes: Bytes, out: Bytes
) -> None:
    for row in range(len(out)):
        if version[row] == V4:
            address = np.int64(number[row])
            low, high = last[address >> 16], last[(address >> 16) + 1]
            while low < high:
                middle = (low + high + 1) >> 1
                if starts[middle] <= address:
                    low = middle
                else:
                    high = middle - 1
            out[row] = codes[low]


@kernel
def _look_up6(version: Bytes, prefix: UInt64s, starts: UInt64s, codes: Bytes, out: Bytes) -> None:
    for row in range(len(out)):
        if version[row] == V6:
            low, high = 0, len(starts) - 1
            while low < high:
                middle = (low + high + 1) >> 1
                if starts[middle] <= prefix[row]:
                    low = middle
                else:
                    high = middle - 1
            out[row] = codes[low]
