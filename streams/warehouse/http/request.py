"""Reads one request of the ClickHouse HTTP protocol: where the statement is, its parameters, settings and
data.

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
from typing import IO, Any
from urllib.parse import parse_qsl

from streams.warehouse.http.content_encoding import decoded

STATEMENT_LIMIT_BYTES = 1 << 20
FORM_LIMIT_BYTES = 4 << 20
URL_FIELDS_MAX = 1000
# Parameters of the transport, never settings of the engine.
TRANSPORT = frozenset(
    {
        "query", "default_format", "database", "user", "password", "role", "quota_key", "query_id",
        "session_id", "session_timeout", "session_check", "client_protocol_version",
        "compress", "decompress", "enable_http_compression", "wait_end_of_query", "buffer_size",
        "send_progress_in_http_headers", "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
    }
)  # fmt: skip
INSERT_WITH_DATA = re.compile(
    rb"\s*(?P<head>INSERT\s+INTO\s.+?)(?P<settings>\sSETTINGS\s.+?)?"
    rb"\sFORMAT\s+(?P<format>\w+)[ \t]*(?:;|\r?\n|$)",
    re.IGNORECASE | re.DOTALL,
)
QUOTED = re.compile(rb"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
DATA_IS_ELSEWHERE = re.compile(rb"\b(SELECT|VALUES|INFILE)\b", re.IGNORECASE)


class BadRequestError(ValueError):
    """The request is not one this server understands; the message says why."""


@dataclass(frozen=True)
class Request:
    """A statement ready for the engine. `parameters` hold escaped text, as the protocol sends it."""

    statement: str
    database: str = ""
    default_format: str = "TabSeparated"
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


@contextmanager
def read_request(environ: dict[str, Any], spool: Path) -> Iterator[Request]:
    """The request in a WSGI environment; the file with an insert's data in `spool` lives as long as the
    context.
    """
    fields = _url_fields(environ)
    if environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
        fields |= _form_fields(environ)
        yield _request(environ, fields, fields.get("query", ""))
        return
    with decoded(environ["wsgi.input"], environ.get("HTTP_CONTENT_ENCODING", ""), spool) as body:
        in_url = fields.get("query", "").encode()
        start = _joined(in_url, body.read(STATEMENT_LIMIT_BYTES))
        insert = INSERT_WITH_DATA.match(start)
        if insert is None or DATA_IS_ELSEWHERE.search(QUOTED.sub(b"", insert["head"])):
            yield _request(environ, fields, _whole_statement(start, body))
            return
        data_start = max(insert.end() - (len(in_url) + 1 if in_url else 0), 0)
        with _data_file(body, data_start, spool) as path:
            yield _request(environ, fields, _infile(insert, path))


def _joined(in_url: bytes, body: bytes) -> bytes:
    return b"\n".join((in_url, body)) if in_url else body


def _whole_statement(start: bytes, body: IO[bytes]) -> str:
    if body.read(1):
        raise BadRequestError(
            f"the statement is longer than {STATEMENT_LIMIT_BYTES} bytes: send data as INSERT ... FORMAT"
        )
    return start.decode("utf-8", "surrogateescape").strip()


def _infile(insert: re.Match[bytes], path: Path) -> str:
    head, settings, name = (insert[group] or b"" for group in ("head", "settings", "format"))
    return f"{head.decode()} FROM INFILE '{path}'{settings.decode()} FORMAT {name.decode()}"


@contextmanager
def _data_file(body: IO[bytes], start: int, spool: Path) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(dir=spool, prefix="insert-", suffix=".data") as file:
        body.seek(start)
        shutil.copyfileobj(body, file, 1 << 20)
        file.flush()
        yield Path(file.name)


def _request(environ: dict[str, Any], fields: dict[str, str], statement: str) -> Request:
    if not statement:
        raise BadRequestError("empty query: give it as ?query= or as the body")
    settings = {
        name: value
        for name, value in fields.items()
        if name not in TRANSPORT and not name.startswith("param_")
    }
    return Request(
        statement=statement,
        database=fields.get("database", "") or environ.get("HTTP_X_CLICKHOUSE_DATABASE", ""),
        default_format=fields.get("default_format", "")
        or environ.get("HTTP_X_CLICKHOUSE_FORMAT", "TabSeparated"),
        parameters={name[6:]: value for name, value in fields.items() if name.startswith("param_")},
        settings=settings,
    )


def _url_fields(environ: dict[str, Any]) -> dict[str, str]:
    query = environ.get("QUERY_STRING", "")
    return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=URL_FIELDS_MAX))


def _form_fields(environ: dict[str, Any]) -> dict[str, str]:
    from multipart import MultipartError, parse_form_data

    try:
        fields, files = parse_form_data(
            environ, ignore_errors=False, memory_limit=FORM_LIMIT_BYTES, spool_limit=FORM_LIMIT_BYTES
        )
    except MultipartError as error:
        raise BadRequestError(f"the form could not be read: {error}") from error
    if files:
        raise BadRequestError(
            "external data is not supported by the local warehouse: put it into a table first"
        )
    return {str(name): str(value) for name, value in fields.items()}
