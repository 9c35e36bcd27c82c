"""Where the statement and its data are in a statement."""

import time
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from streams.warehouse.http.app import _opening, _output_format
from streams.warehouse.http.request import BadRequestError, Statement, read_statement


def post(body: bytes = b"", query: str = "", **more: Any) -> Request:
    return EnvironBuilder(method="POST", data=body, query_string=query, **more).get_request()


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"SELECT 1", ""),
        (b"", "query=SELECT+1"),
        (b"INSERT INTO t VALUES (1)", ""),
        (b"INSERT INTO t SELECT 1 FORMAT Null", ""),
        (b"INSERT INTO t SELECT * FROM s SETTINGS a = 1", ""),
    ],
)
def test_a_statement_without_data_stays_as_it_is(tmp_path: Path, body: bytes, query: str) -> None:
    with read_statement(post(body, query), tmp_path) as statement:
        assert statement.text.encode() in {body, b"SELECT 1"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "query", "head"),
    [
        (b"INSERT INTO t (`a`) FORMAT Native\n\x01\x00\xff", "", "INSERT INTO t (`a`)"),
        (b"\n insert into t format Native\n\x01\x00\xff", "", "insert into t"),
        (
            b"INSERT INTO t (`values`, `select`) FORMAT Native\n\x01\x00\xff",
            "",
            "INSERT INTO t (`values`, `select`)",
        ),
        (b"\x01\x00\xff", "query=INSERT+INTO+t+FORMAT+Native", "INSERT INTO t"),
    ],
)
def test_data_of_an_insert_goes_to_a_file(tmp_path: Path, body: bytes, query: str, head: str) -> None:
    with read_statement(post(body, query), tmp_path) as statement:
        (path,) = tmp_path.iterdir()
        assert statement.text == f"{head} FROM INFILE '{path}' FORMAT Native"
        assert path.read_bytes() == b"\x01\x00\xff"
    assert list(tmp_path.iterdir()) == []


def test_settings_of_an_insert_stand_behind_its_file(tmp_path: Path) -> None:
    body = b"INSERT INTO t SETTINGS async_insert = 0 FORMAT CSV\n1\n"
    with read_statement(post(body), tmp_path) as statement:
        assert statement.text.endswith("' SETTINGS async_insert = 0 FORMAT CSV")


def test_parameters_settings_and_transport_are_told_apart(tmp_path: Path) -> None:
    query = "param_x=1%092&max_threads=3&session_id=s&database=d&wait_end_of_query=1"
    with read_statement(post(b"SELECT 1", query), tmp_path) as statement:
        assert statement.parameters == {"x": "1\t2"}
        assert statement.settings == {"max_threads": "3"}
        assert statement.database == "d"


def test_an_empty_request_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="empty query"), read_statement(post(), tmp_path):
        pass


def form(
    *, part: bytes = b'form-data; name="param_x"', value: bytes = b"1", end: bytes = b"--b--\r\n"
) -> Request:
    body = b"--b\r\nContent-Disposition: " + part + b"\r\n\r\n" + value + b"\r\n" + end
    return post(body, "query=SELECT+1", content_type="multipart/form-data; boundary=b")


def test_fields_of_a_form_are_parameters(tmp_path: Path) -> None:
    with read_statement(form(), tmp_path) as statement:
        assert (statement.text, statement.parameters) == ("SELECT 1", {"x": "1"})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (form(end=b""), "the form could not be read"),
        (form(part=b'form-data; name="t"; filename="t"'), "external data is not supported"),
        (post(b"", "a=1&" * 1001), "the URL has 1001 fields"),
        (form(part=b"form-data"), "a part of the form has no name"),
        (form(value=b"\xff"), "the form is not UTF-8"),
        (post(b"", "query=SELECT+hex('%FF%FE')"), "the URL is not UTF-8"),
        (post(b"SELECT '\xff'"), "the statement is not UTF-8"),
        (post(b"INSERT INTO `\xff` FORMAT CSV\n1\n"), "the statement is not UTF-8"),
    ],
    ids=[
        "broken form",
        "file",
        "too many fields",
        "nameless part",
        "form of other bytes",
        "URL of other bytes",
        "body of other bytes",
        "INSERT of other bytes",
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, request_: Request, message: str) -> None:
    with pytest.raises(BadRequestError, match=message), read_statement(request_, tmp_path):
        pass


@pytest.mark.parametrize(
    "text",
    [
        "\r" * 1_000_000,
        " " * 1_000_000,
        "(" * 1_000_000,
        "( " * 500_000,
        "SELECT 1 FORMAT " + "\r" * 1_000_000 + "x y",
    ],
)
def test_a_hostile_statement_is_looked_at_in_linear_time(text: str) -> None:
    started = time.process_time()
    _output_format(Statement(text))
    _opening(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("SELECT 1 FORMAT CSV", "CSV"),
        (" \n( select 1) format  Native ; ", "Native"),
        ("SELECT (1)FORMAT CSV;", "CSV"),
        ("SELECT 1 AS xFORMAT CSV", "TabSeparated"),
        ("INSERT INTO t SELECT 1 FORMAT CSV", "TabSeparated"),
        ("SELECTED FORMAT CSV", "TabSeparated"),
        ("DESCRIBE t FORMAT JSON", "JSON"),
        ("FORMAT", "TabSeparated"),
    ],
)
def test_the_format_at_the_end_of_a_reading_statement_is_the_results(text: str, output: str) -> None:
    assert _output_format(Statement(text)) == output
