"""Where the statement and its data are in a request."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from streams.warehouse.http.request import BadRequestError, read_request


def environ(body: bytes = b"", query: str = "", **more: str) -> dict[str, Any]:
    return {"wsgi.input": BytesIO(body), "QUERY_STRING": query, **more}


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
    with read_request(environ(body, query), tmp_path) as request:
        assert request.statement.encode() in {body, b"SELECT 1"}
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
    with read_request(environ(body, query), tmp_path) as request:
        (path,) = tmp_path.iterdir()
        assert request.statement == f"{head} FROM INFILE '{path}' FORMAT Native"
        assert path.read_bytes() == b"\x01\x00\xff"
    assert list(tmp_path.iterdir()) == []


def test_settings_of_an_insert_stand_behind_its_file(tmp_path: Path) -> None:
    body = b"INSERT INTO t SETTINGS async_insert = 0 FORMAT CSV\n1\n"
    with read_request(environ(body), tmp_path) as request:
        assert request.statement.endswith("' SETTINGS async_insert = 0 FORMAT CSV")


def test_parameters_settings_and_transport_are_told_apart(tmp_path: Path) -> None:
    query = "param_x=1%092&max_threads=3&session_id=s&database=d&wait_end_of_query=1"
    with read_request(environ(b"SELECT 1", query), tmp_path) as request:
        assert request.parameters == {"x": "1\t2"}
        assert request.settings == {"max_threads": "3"}
        assert request.database == "d"


def test_an_empty_request_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="empty query"), read_request(environ(), tmp_path):
        pass
