"""The country of an IPv4 address, by the registries' delegations: who was given the block, not where the
user is.

The table is compact binary (see `to_bytes`): the ends of about 200,000 blocks, looked up by the first 16
bits and a short binary search. IPv6, private, unknown and malformed addresses have no country (None); none
is an error.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

MAGIC: Final = b"TGIP1\n"
COUNTRIES_MAX: Final = 255
BLOCKS_MAX: Final = 4_000_000
_HEAD = struct.Struct("<IH")


class IpTableError(ValueError):
    """The table cannot be read; publish one made by `python -m training.tables`."""


class IpCountries:
    """Looks up many addresses at once.

    >>> table = IpCountries(np.array([16, 32], np.uint32), np.array([1, 0], np.uint8), ["DE"])
    >>> table.countries(["0.0.0.15", "0.0.0.16", "0.0.0.31", "0.0.0.32", "::1", "0.0.0.016", None])
    [None, 'DE', 'DE', None, None, None, None]
    """

    def __init__(
        self, starts: NDArray[np.uint32], codes: NDArray[np.uint8], countries: Sequence[str]
    ) -> None:
        """`starts[i]` ascending: from there on country number `codes[i]` (from 1; 0 for none) holds."""
        self._starts = np.concatenate([np.zeros(1, np.uint32), starts])
        self._codes = np.concatenate([np.zeros(1, np.uint8), codes])
        self._names: list[str | None] = [None, *countries]
        ends = (np.arange(1, (1 << 16) + 1, dtype=np.int64) << 16) - 1
        last = np.searchsorted(self._starts, ends, side="right") - 1
        self._last = np.concatenate([np.zeros(1, np.int64), last]).astype(np.int32)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read a table. Raises `IpTableError`."""
        if not blob.startswith(MAGIC):
            raise IpTableError(f"not a table of IPv4 countries: it does not start with {MAGIC!r}")
        try:
            return cls(*_decode(zlib.decompress(blob[len(MAGIC) :])))
        except (zlib.error, struct.error, ValueError, IndexError) as error:
            raise IpTableError(f"the table of IPv4 countries is damaged: {error}") from None

    def to_bytes(self) -> bytes:
        """The table as a file: magic, then zlib over counts, countries, start deltas (by byte), codes."""
        starts, codes = self._starts[1:], self._codes[1:]
        names = "".join(name for name in self._names if name is not None).encode("ascii")
        deltas = np.diff(starts, prepend=np.uint32(0)).astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()
        body = _HEAD.pack(len(starts), len(self._names) - 1) + names + deltas + codes.tobytes()
        return MAGIC + zlib.compress(body, 9)

    def countries(self, ips: Sequence[str | None]) -> list[str | None]:
        """ISO 3166-1 alpha-2 code of each address, or None."""
        lines = "\n".join([ip or "" for ip in ips])
        if lines.count("\n") != len(ips) - 1:
            # Only an address with a line break in it comes here: it is malformed and counts as none.
            lines = "\n".join(["" if ip is None or "\n" in ip else ip for ip in ips])
        text = np.frombuffer(lines.encode("utf-8", "replace"), np.uint8)
        codes = np.zeros(len(ips), np.uint8)
        _look_up(text, self._last, self._starts, self._codes, codes)
        names = self._names
        return [names[code] for code in codes.tolist()]


def warm() -> None:
    """Compile the kernel (or load it from the cache) before the first payment."""
    IpCountries(np.zeros(1, np.uint32), np.ones(1, np.uint8), ["ZZ"]).countries(["1.2.3.4"])


def _decode(body: bytes) -> tuple[NDArray[np.uint32], NDArray[np.uint8], list[str]]:
    count, countries = _HEAD.unpack_from(body)
    if not (0 < count <= BLOCKS_MAX and countries <= COUNTRIES_MAX):
        raise ValueError(f"{count} blocks of {countries} countries")
    names_end = _HEAD.size + 2 * countries
    if len(body) != names_end + 5 * count:
        raise ValueError(f"{len(body)} bytes instead of {names_end + 5 * count}")
    names = body[_HEAD.size : names_end].decode("ascii")
    planes = np.frombuffer(body, np.uint8, 4 * count, names_end).reshape(4, count)
    deltas = np.ascontiguousarray(planes.T).view("<u4").ravel()
    starts = np.cumsum(deltas, dtype=np.uint64)
    codes = np.frombuffer(body, np.uint8, count, names_end + 4 * count)
    if starts[-1] >= 2**32 or codes.max() > countries:
        raise ValueError("a block lies outside IPv4 or names an unknown country")
    return starts.astype(np.uint32), codes, [names[i : i + 2] for i in range(0, len(names), 2)]


@njit(cache=True, nogil=True)
def _look_up(text, last, starts, codes, out):  # type: ignore[no-untyped-def]
    """Strict dotted decimal, one address a line; whatever is not keeps code 0."""
    address, octet, digits, octets, valid, row = np.int64(0), 0, 0, 0, True, 0
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
            if valid and octets == 4 and row < len(out):
                low, high = last[address >> 16], last[(address >> 16) + 1]
                while low < high:
                    middle = (low + high + 1) >> 1
                    if starts[middle] <= address:
                        low = middle
                    else:
                        high = middle - 1
                out[row] = codes[low]
            row += 1
            address, octets, valid = np.int64(0), 0, True
        else:
            valid = False
