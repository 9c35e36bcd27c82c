"""Reads one request of the ClickHouse HTTP protocol: its statement, parameters, settings
and data.

Source: https://clickhouse.com/docs/interfaces/http. The statement comes in the URL (`query=`), in the body,
or in a form field; `param_x` are bound to `{x:Type}`; every other URL parameter that is not the transport's
own is a setting for this statement. The body of an insert is the statement's line followed by the data, or
the data alone; it may be compressed. Data goes to a file, because the embedded engine reads inserts `FROM
INFILE`.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, NoReturn
from urllib.parse import unquote_to_bytes

from werkzeug import Request
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from streams.warehouse.http.content_encoding import DECODED_LIMIT_BYTES, decoded

STATEMENT_LIMIT_BYTES: Final = 1 << 20
FORM_LIMIT_BYTES: Final = 4 << 20
URL_FIELDS_MAX: Final = 1000
LOGIN_FIELDS: Final = frozenset({"user", "password"})
TRANSPORT: Final = frozenset(
    {
        "query", "default_format", "database", "role", "quota_key", "query_id",
        "session_id", "session_timeout", "session_check", "client_protocol_version",
        "compress", "decompress", "enable_http_compression", "wait_end_of_query", "buffer_size",
        "send_progress_in_http_headers", "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
    }
)  # fmt: skip
"""Parameters of the transport, never settings of the engine."""
INSERT_WITH_DATA: Final = re.compile(
    rb"\s*(?P<head>INSERT\s+INTO\s.+?)(?P<settings>\sSETTINGS\s.+?)?"
    rb"\sFORMAT\s+(?P<format>\w+)[ \t]*(?:;|\r?\n|$)",
    re.IGNORECASE | re.DOTALL,
)
QUOTED: Final = re.compile(rb"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
DATA_IS_ELSEWHERE: Final = re.compile(rb"\b(SELECT|VALUES|INFILE)\b", re.IGNORECASE)


class BadRequestError(ValueError):
    """The request is not one this server understands; the message is the reason."""


@dataclass(frozen=True)
class Statement:
    """A statement ready for the engine."""

    text: str
    database: str = ""
    default_format: str = "TabSeparated"
    parameters: dict[str, str] = field(default_factory=dict)
    """Escaped text by name, as the protocol sends it."""
    settings: dict[str, str] = field(default_factory=dict)
    data: Path | None = None
    """The file that holds the rows of an insert."""


@contextmanager
def read_statement(
    request: Request, spool: Path, decoded_max: int = DECODED_LIMIT_BYTES
) -> Iterator[Statement]:
    """The statement of a request; the file with an insert's data in `spool` lives as long as the context.

    Raises `BadRequestError`, and `EncodingError` for a body that does not have its encoding or is larger than
    `decoded_max` without it.
    """
    fields = _url_fields(request)
    if request.mimetype == "multipart/form-data":
        fields |= _form_fields(request)
        yield _statement(request, fields, fields.get("query", "").strip())
        return
    with decoded(request.stream, request.headers.get("Content-Encoding", ""), spool, decoded_max) as body:
        in_url = fields.get("query", "").encode()
        start = _joined(in_url, body.read(STATEMENT_LIMIT_BYTES))
        insert = INSERT_WITH_DATA.match(start)
        if insert is None or DATA_IS_ELSEWHERE.search(QUOTED.sub(b"", insert["head"])):
            yield _statement(request, fields, _whole_text(start, body))
            return
        data_start = max(insert.end(), len(in_url) + 1 if in_url else 0)
        with _data_file(start[data_start:], body, spool) as path:
            yield _statement(request, fields, _infile(insert, path), path)


def _joined(in_url: bytes, body: bytes) -> bytes:
    return b"\n".join((in_url, body)) if in_url else body


def _whole_text(start: bytes, body: IO[bytes]) -> str:
    if body.read(1):
        raise BadRequestError(
            f"the statement is longer than {STATEMENT_LIMIT_BYTES} bytes: send data as INSERT ... FORMAT"
        )
    return _utf8(start).strip()


def _infile(insert: re.Match[bytes], path: Path) -> str:
    head, settings, name = (insert[group] or b"" for group in ("head", "settings", "format"))
    return f"{_utf8(head)} FROM INFILE '{path}'{_utf8(settings)} FORMAT {_utf8(name)}"


def _utf8(statement: bytes) -> str:
    try:
        return statement.decode()
    except UnicodeDecodeError as error:
        raise BadRequestError(f"the statement is not UTF-8 from byte {error.start + 1} on") from error


@contextmanager
def _data_file(start: bytes, rest: IO[bytes], spool: Path) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(dir=spool, prefix="insert-", suffix=".data") as file:
        file.write(start)
        shutil.copyfileobj(rest, file, 1 << 20)
        file.flush()
        yield Path(file.name)


def _statement(request: Request, fields: dict[str, str], text: str, data: Path | None = None) -> Statement:
    if not text:
        raise BadRequestError("empty query: give it as ?query= or as the body")
    headers = request.headers
    return Statement(
        text,
        fields.get("database") or headers.get("X-ClickHouse-Database", ""),
        fields.get("default_format") or headers.get("X-ClickHouse-Format", "TabSeparated"),
        {name[6:]: value for name, value in fields.items() if name.startswith("param_")},
        {n: value for n, value in fields.items() if n not in TRANSPORT and not n.startswith("param_")},
        data,
    )


def _url_fields(request: Request) -> dict[str, str]:
    """Of a field that is given twice the last value."""
    try:
        unquote_to_bytes(request.query_string.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise BadRequestError("the URL is not UTF-8: a statement and its parameters must be") from error
    pairs = list(request.args.items(multi=True))
    if len(pairs) > URL_FIELDS_MAX:
        raise BadRequestError(f"the URL has {len(pairs)} fields: at most {URL_FIELDS_MAX} are read")
    if LOGIN_FIELDS & {name for name, _ in pairs}:
        raise BadRequestError("a password in the URL ends in logs: give user and password as HTTP Basic")
    return dict(pairs)


def _form_fields(request: Request) -> dict[str, str]:
    parser = FormDataParser(
        stream_factory=_refuse_file, max_form_memory_size=FORM_LIMIT_BYTES, max_form_parts=URL_FIELDS_MAX,
        silent=False,
    )  # fmt: skip
    try:
        _, fields, _ = parser.parse_from_environ(request.environ)
    except (ValueError, HTTPException) as error:
        raise BadRequestError(f"the form could not be read: {error}") from error
    if None in fields:
        raise BadRequestError('a part of the form has no name: give it one, as in name="param_x"')
    if any("\ufffd" in value for value in fields.values()):
        raise BadRequestError("the form is not UTF-8")
    return dict(fields.items(multi=True))


def _refuse_file(
    total_content_length: int | None,  # noqa: ARG001 - the parser calls it by these names
    content_type: str | None,  # noqa: ARG001
    filename: str | None,  # noqa: ARG001
    content_length: int | None = None,  # noqa: ARG001
) -> NoReturn:
    raise ValueError("external data is not supported by the local warehouse, put it into a table first")
