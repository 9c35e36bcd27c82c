"""What is known of a card by its first digits (BIN, ISO/IEC 7812): scheme, type, issuer's country, prepaid.

Tollgate ships no BIN table: those there are may not be passed on. Publish your own as CSV with the columns
`bin` (6 to 8 digits), `scheme`, `type` (credit, debit, charge, prepaid), `country` (alpha-2) and `prepaid`
(yes, no); only `bin` must be filled. `bin_end` makes a line a range. The columns `iin_start` and `iin_end` of
the public binlist are understood as well. Of several entries the one with most digits counts.

Invariant: entries of one length do not overlap and ascend, so a search finds at most one of each length.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bytes, Int32s, Int64s, UInt16s
from models.file_formats import ReferenceTableError, country_code, one_of, pack, records, unpack
from models.kernels import kernel

MAGIC: Final = b"TGBIN1\n"
LENGTHS: Final = (6, 7, 8)
ENTRIES_MAX: Final = 2_000_000
KINDS_MAX: Final = 65_535
TYPES: Final = ("", "credit", "debit", "charge", "prepaid")
_PREPAID: Final = {"": -1, "n": 0, "no": 0, "false": 0, "0": 0, "y": 1, "yes": 1, "true": 1, "1": 1}
_SCHEME_MAX: Final = 32
BYTES_MAX: Final = ENTRIES_MAX * 11 + KINDS_MAX * 64
_HEAD = struct.Struct("<4I")


class BinKind(NamedTuple):
    """What one or more entries have in common."""

    scheme: str
    """Card scheme; empty: unknown."""
    type: str
    """`credit`, `debit`, `charge` or `prepaid`; empty: unknown."""
    country: str
    """The issuer's; empty: unknown."""
    prepaid: int
    """1, 0, or -1: unknown."""


@dataclass(frozen=True, eq=False)
class BinRanges:
    """Looks up many BINs at once.

    >>> table = BinRanges.from_csv(b"bin,type,country\\n411111,debit,DE\\n41111122,credit,FR\\n")
    >>> [table.kinds[kind].country for kind in table.look_up(["411111", "41111122", "41111123", "5", None])]
    ['DE', 'FR', 'DE', '', '']
    """

    lengths: NDArray[np.uint8]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    kind_of: NDArray[np.uint16]
    kinds: tuple[BinKind, ...]
    """`kinds[0]` is what is known of a BIN without an entry: nothing."""

    def look_up(self, bins: Sequence[str | None]) -> NDArray[np.uint16]:
        """Number of each BIN's kind in `kinds`; 0 where there is no entry."""
        lines = "\n".join([text or "" for text in bins])
        if lines.count("\n") != len(bins) - 1:
            lines = "\n".join(["" if text is None or "\n" in text else text for text in bins])
        text = np.frombuffer(lines.encode("utf-8", "replace"), np.uint8)
        kinds = np.zeros(len(bins), np.uint16)
        bounds = np.searchsorted(self.lengths, (*LENGTHS, LENGTHS[-1] + 1)).astype(np.int64)
        _look_up(text, bounds, self.starts, self.ends, self.kind_of, kinds)
        return kinds

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read a prepared table. Raises `ReferenceTableError`."""
        return cls(*unpack(blob, MAGIC, BYTES_MAX, "BINs", _unpacked))

    def to_bytes(self) -> bytes:
        """The table as a file: magic, then zlib over counts, kinds as text, and the entries' columns."""
        names = "\n".join(f"{k.scheme}\t{k.type}\t{k.country}\t{k.prepaid}" for k in self.kinds[1:]).encode()
        head = _HEAD.pack(len(self.starts), len(self.kinds), len(names), zlib.crc32(names))
        columns = (
            self.lengths,
            self.starts.astype("<i4"),
            self.ends.astype("<i4"),
            self.kind_of.astype("<u2"),
        )
        return pack(MAGIC, b"".join([head, names, *(column.tobytes() for column in columns)]))

    @classmethod
    def from_csv(cls, blob: bytes) -> Self:
        """Read CSV, see the module. Raises `ReferenceTableError` naming the line."""
        entries: list[tuple[int, int, int, int, int]] = []
        kinds: dict[BinKind, int] = {BinKind("", "", "", -1): 0}
        for number, cells in _cells(blob):
            kind = kinds.setdefault(_kind(cells[2:], number), len(kinds))
            if len(kinds) > KINDS_MAX or len(entries) >= ENTRIES_MAX:
                raise ReferenceTableError(
                    f"line {number}: more than {ENTRIES_MAX:,} BINs or {KINDS_MAX:,} different kinds of card"
                )
            entries.append((*_range(cells[0], cells[1], number), kind, number))
        if not entries:
            raise ReferenceTableError(
                "line 1: no BIN: a header `bin,scheme,type,country,prepaid` and rows are needed"
            )
        return cls(*_columns(entries), tuple(kinds))


def warm() -> None:
    """Compile the kernel (or load it from the cache) before the first payment."""
    BinRanges.from_csv(b"bin\n411111\n").look_up(["411111"])


def _cells(blob: bytes) -> list[tuple[int, list[str]]]:
    """Cells bin, end, scheme, type, country, prepaid; of either naming."""
    rest = ("scheme", "type", "country", "prepaid")
    try:
        return list(records(blob, ("bin",), ("bin_end", *rest)))
    except ReferenceTableError:
        if b"iin_start" not in blob[:10_000]:
            raise
    return list(records(blob, ("iin_start",), ("iin_end", *rest)))


def _range(start: str, end: str, number: int) -> tuple[int, int, int]:
    """Length, first and last BIN."""
    end = end or start
    for text in (start, end):
        if not (text.isascii() and text.isdigit() and len(text) in LENGTHS):
            raise ReferenceTableError(f"line {number}: BIN {text[:20]!r} is not 6, 7 or 8 digits")
    if len(start) != len(end) or end < start:
        raise ReferenceTableError(f"line {number}: the range {start} to {end} is not one of ascending BINs")
    return len(start), int(start), int(end)


def _kind(cells: list[str], number: int) -> BinKind:
    scheme, type, country, prepaid = cells
    if len(scheme) > _SCHEME_MAX or not scheme.isprintable():
        raise ReferenceTableError(
            f"line {number}: scheme {scheme[:40]!r} is not a name of up to {_SCHEME_MAX} letters"
        )
    type = one_of(type, TYPES, "type", number)
    known = _PREPAID[one_of(prepaid, tuple(_PREPAID), "prepaid", number)]
    if type == "prepaid" and known == 0:
        raise ReferenceTableError(f"line {number}: type prepaid, but column prepaid is {prepaid!r}")
    country = country_code(country, number) if country else ""
    return BinKind(scheme.lower(), type, country, 1 if type == "prepaid" else known)


def _columns(
    entries: list[tuple[int, int, int, int, int]],
) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
    """Sorted columns; entries of one length that overlap are refused with the later one's line."""
    entries.sort(key=itemgetter(0, 1))
    for (length, _, end, _, above), (next_length, start, _, _, below) in pairwise(entries):
        if length == next_length and start <= end:
            first, second = sorted((above, below))
            raise ReferenceTableError(
                f"line {second}: BIN {start:0{length}d} is in line {first} already; keep one of the two"
            )
    lengths, starts, ends, kinds, _ = np.array(entries, np.int64).T
    return lengths.astype(np.uint8), starts.astype(np.int32), ends.astype(np.int32), kinds.astype(np.uint16)


def _unpacked(
    body: bytes,
) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16], tuple[BinKind, ...]]:
    entries, kinds, size, checksum = _HEAD.unpack_from(body)
    names_end = _HEAD.size + size
    if not 0 < entries <= ENTRIES_MAX or len(body) != names_end + 11 * entries:
        raise ValueError(f"{len(body)} bytes for {entries} entries")
    names = body[_HEAD.size : names_end]
    if zlib.crc32(names) != checksum:
        raise ValueError("the names do not have their checksum")
    known = [_known(line) for line in names.decode().split("\n")] if names else []
    at, columns = names_end, []
    for kind, width in (("u1", 1), ("<i4", 4), ("<i4", 4), ("<u2", 2)):
        columns.append(np.frombuffer(body, kind, entries, at))
        at += width * entries
    lengths, starts, ends, kind_of = columns
    _check(lengths, starts, ends)
    if kinds != len(known) + 1 or kind_of.max() >= kinds:
        raise ValueError("an entry names an unknown kind of card")
    return lengths, starts, ends, kind_of, (BinKind("", "", "", -1), *known)


def _known(line: str) -> BinKind:
    scheme, type, country, prepaid = line.split("\t")
    if type not in TYPES or prepaid not in {"-1", "0", "1"}:
        raise ValueError(f"{line[:40]!r} is not a kind of card")
    return BinKind(scheme, type, country_code(country, 0) if country else "", int(prepaid))


def _check(lengths: NDArray[np.uint8], starts: NDArray[np.int32], ends: NDArray[np.int32]) -> None:
    first, last = starts.astype(np.int64), ends.astype(np.int64)
    same = lengths[1:] == lengths[:-1]
    ascending = np.all(lengths[1:] >= lengths[:-1]) and np.all(first[1:][same] > last[:-1][same])
    if not (np.isin(lengths, LENGTHS).all() and ascending and np.all(first <= last) and first.min() >= 0):
        raise ValueError("the BINs are not ascending ranges of 6 to 8 digits")
    if np.any(last >= 10 ** lengths.astype(np.int64)):
        raise ValueError("a BIN has more digits than its length")


@kernel
def _look_up(
    text: Bytes, bounds: Int64s, starts: Int32s, ends: Int32s, kind_of: UInt16s, out: UInt16s
) -> None:
    """One BIN a line; the first eight digits count, whatever is not 6 digits or more keeps kind 0."""
    number, digits, valid, row = np.int64(0), 0, True, 0
    for i in range(len(text) + 1):
        byte = text[i] if i < len(text) else 10
        if 48 <= byte <= 57:
            if digits < 8:
                number = number * 10 + (byte - 48)
                digits += 1
            continue
        if byte != 10:
            valid = False
            continue
        while valid and digits >= 6 and row < len(out) and out[row] == 0:
            low, high = bounds[digits - 6], bounds[digits - 5]
            while low < high:
                middle = (low + high) >> 1
                if starts[middle] <= number:
                    low = middle + 1
                else:
                    high = middle
            low -= 1
            if low >= bounds[digits - 6] and number <= ends[low]:
                out[row] = kind_of[low]
                break
            number //= 10
            digits -= 1
        row += 1
        number, digits, valid = np.int64(0), 0, True
