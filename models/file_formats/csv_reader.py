"""Reference data as people have them: CSV texts, read strictly, so that a mistake names its line.

Comma-separated UTF-8 with a header; a byte order mark is allowed, blank lines and lines that start with `#`
are skipped, columns that are not asked for are ignored. What a table's own loader refuses, it refuses through
`ReferenceTableError` too: the command that publishes tables puts the file's name before it.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Final

BYTES_MAX: Final = 1 << 28
LINES_MAX: Final = 4_000_000
CELL_MAX: Final = 10_000

_COUNTRY = re.compile(r"[A-Z]{2}")


class ReferenceTableError(ValueError):
    """A reference table cannot be read; the message says which line and why."""


def decoded(blob: bytes) -> str:
    """The text of a file. Raises `ReferenceTableError` for other encodings and for binary files."""
    if len(blob) > BYTES_MAX:
        raise ReferenceTableError(f"the file has {len(blob):,} bytes; at most {BYTES_MAX:,} are read")
    if blob.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReferenceTableError("line 1: the file is UTF-16; save it as UTF-8")
    try:
        text = blob.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = blob.count(b"\n", 0, error.start) + 1
        raise ReferenceTableError(
            f"line {line}: not UTF-8 ({error.reason}); save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ReferenceTableError(f"line {line}: a zero byte: this is not a text file")
    return text


def lines(blob: bytes) -> Iterator[tuple[int, str]]:
    """Line numbers (from 1) and texts of the lines that are neither blank nor comments."""
    for number, line in enumerate(StringIO(decoded(blob)), 1):
        if number > LINES_MAX:
            raise ReferenceTableError(f"line {number}: more than {LINES_MAX:,} lines")
        if line.strip() and not line.startswith("#"):
            yield number, line.rstrip("\r\n")


def records(
    blob: bytes, columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells of `columns`, then `optional`, in this order, without surrounding white space.

    An optional column that the file lacks gives empty cells.
    """
    lines_left = rows(blob)
    number, header = next(lines_left, (1, []))
    names = [name.strip() for name in header]
    missing = [name for name in columns if name not in names]
    if missing or len(set(names)) != len(names):
        raise ReferenceTableError(
            f"line {number}: the header must name {', '.join(columns)}, each once; found {', '.join(names)!r}"
        )
    at = [names.index(name) if name in names else -1 for name in (*columns, *optional)]
    for number, row in lines_left:
        if len(row) != len(names):
            raise ReferenceTableError(f"line {number}: {len(row)} cells under a header of {len(names)}")
        yield number, [row[index].strip() if index >= 0 else "" for index in at]


def rows(blob: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells as they are.

    A quoted cell may not span lines, so that line numbers are right and a lost quote is noticed at once.
    """
    for number, line in lines(blob):
        try:
            row = next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration) as error:
            raise ReferenceTableError(f"line {number}: not a line of CSV: {error}") from None
        if any(len(cell) > CELL_MAX for cell in row):
            raise ReferenceTableError(f"line {number}: a cell of more than {CELL_MAX:,} characters")
        yield number, row


def country_code(text: str, number: int) -> str:
    """An ISO 3166-1 alpha-2 code (two capital letters) as it is; anything else names its line."""
    if not _COUNTRY.fullmatch(text):
        raise ReferenceTableError(
            f"line {number}: {text[:20]!r} is not a country code: two capital letters (ISO 3166-1 alpha-2)"
        )
    return text


def one_of(text: str, allowed: Sequence[str], what: str, number: int) -> str:
    """`text` in lower case if it is one of `allowed`; anything else names its line."""
    if text.lower() not in allowed:
        known = ", ".join(word or "(empty)" for word in allowed)
        raise ReferenceTableError(f"line {number}: {what} {text[:20]!r} is not one of {known}")
    return text.lower()
