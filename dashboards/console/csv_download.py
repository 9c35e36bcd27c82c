"""Rows as a CSV file for download: streamed, bounded, and harmless in a spreadsheet.

Invariants
- No cell of text is taken for a formula: one that begins like a formula begins with an apostrophe instead, as
  OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection). So does what follows a semicolon, a
  tab or a new line within a text, where some spreadsheets begin another cell. Numbers stay numbers.
- What is cut says so in its last line; what fails on the way breaks the download off, so that half a file is
  never taken for a whole one.
- No more than about `PIECE_BYTES` of it is in memory at a time.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Final

from fastapi.responses import StreamingResponse

ROWS_MAX: Final = 100_000
BYTES_MAX: Final = 64 << 20
PIECE_BYTES: Final = 64 << 10
BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel reads UTF-8 as the machine's own character set."""
FORMULA: Final = re.compile(r"[\s\x00-\x20]*[=+\-@|%＝＋－＠]")
"""How a formula begins, also behind spaces and in full width, which spreadsheets take for the same."""
WITHIN: Final = re.compile(r"""([;\t\r\n][\s"']*)(?=[=+\-@|%＝＋－＠])(?![+-]\d+(?:\.\d+)?(?:[;\t\r\n]|$))""")
"""The same where a text goes on behind what parts cells elsewhere, and is no number."""
PLAIN_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
NOT_IN_A_FILE_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")

Row = Sequence[object]


def csv_response(
    name: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    rows_max: int = ROWS_MAX,
    closing: Callable[[], None] = lambda: None,
) -> StreamingResponse:
    """A download called `name`.csv. `rows` is read while it is sent; `closing` is called when the last piece
    was sent, or the reader went away.
    """
    pieces = _closed_after(csv_pieces(columns, rows, rows_max), closing)
    return StreamingResponse(
        pieces,
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(name)}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def csv_pieces(columns: Sequence[str], rows: Iterable[Row], rows_max: int = ROWS_MAX) -> Iterator[bytes]:
    """The file in pieces, at most `rows_max` rows and about `BYTES_MAX` bytes of it."""
    written, sent = _Piece(), 0
    written.text(BYTE_ORDER_MARK)
    written.row(columns)
    for number, row in enumerate(rows):
        if number == rows_max or sent > BYTES_MAX:
            written.row([f"Cut after {number:,} rows: narrow the selection to have all of it in one file"])
            break
        written.row(row)
        if written.size >= PIECE_BYTES:
            piece = written.taken()
            sent += len(piece)
            yield piece
    yield written.taken()


def safe_cell(value: object) -> str:
    """One value as the text of a cell.

    >>> safe_cell("=1+1"), safe_cell(-5), safe_cell("-5"), safe_cell("-cmd"), safe_cell(None)
    ("'=1+1", '-5', '-5', "'-cmd", '')
    >>> safe_cell(datetime(2026, 6, 1, 12, 30)), safe_cell(["a", 1]), safe_cell(True)
    ('2026-06-01T12:30:00Z', '["a", 1]', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, (int, float, date)):
        return str(value)
    if isinstance(value, (list, tuple, dict)):
        return harmless(json.dumps(value, default=str, ensure_ascii=False))
    return harmless(str(value))


def file_name(words: str) -> str:
    """A name that every system takes.

    >>> file_name("Card testing, week 3"), file_name("../../etc"), file_name("日本")
    ('Card-testing-week-3', 'etc', 'tollgate')
    """
    return NOT_IN_A_FILE_NAME.sub("-", words).strip("-.")[:80] or "tollgate"


class _Piece:
    """What has been written and not yet sent."""

    def __init__(self) -> None:
        self._kept = io.StringIO(newline="")
        self._csv = csv.writer(self._kept)

    def text(self, text: str) -> None:
        self._kept.write(text)

    def row(self, values: Row) -> None:
        self._csv.writerow([safe_cell(value) for value in values])

    @property
    def size(self) -> int:
        return self._kept.tell()

    def taken(self) -> bytes:
        text = self._kept.getvalue()
        self._kept.seek(0)
        self._kept.truncate()
        return text.encode("utf-8", "replace")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> harmless("@SUM(1)"), harmless("shop"), harmless("\u00a0=1"), harmless("\uff1d1")
    ("'@SUM(1)", 'shop', "'\xa0=1", "'＝1")
    >>> harmless("shop;=1+1"), harmless("shop; 1"), harmless("1;-5")
    ("shop;'=1+1", 'shop; 1', '1;-5')
    """
    text = text.replace("\0", "")
    begins = FORMULA.match(text) and not PLAIN_NUMBER.fullmatch(text)
    within = WITHIN.sub(r"\1'", text)
    return f"'{within}" if begins else within


def _closed_after(pieces: Iterator[bytes], closing: Callable[[], None]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        closing()
