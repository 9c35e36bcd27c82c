"""A downloaded file is whole or says that it is not, and does nothing in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from hypothesis import given
from hypothesis import strategies as st

from dashboards.console.csv_download import PIECE_BYTES, csv_pieces, csv_response, safe_cell
from tests.console.web_client import TestClient

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
FORMULAS = ["=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠"]


def read(pieces: Iterator[bytes]) -> list[list[str]]:
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", FORMULAS)
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\u00a0", "\0"])
def test_text_that_begins_like_a_formula_is_text(start: str, before: str) -> None:
    assert safe_cell(f"{before}{start}cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize("start", FORMULAS)
@pytest.mark.parametrize("separator", [";", "\t", "\n", "\r", "; ", ";\u00a0", ';"'])
def test_text_that_becomes_a_formula_where_cells_are_parted_otherwise_is_text(
    separator: str, start: str
) -> None:
    """Spreadsheets of other countries part cells by semicolons: what follows is a cell of its own."""
    written = b"".join(csv_pieces(["a"], [["shop", f"shop{separator}{start}cmd|' /C calc'!A0"]])).decode()
    for cell in re.split(r"[;\t\r\n]", written):
        assert not re.match(r'[\s"]*[=+\-@|%＝＋－＠]', cell), f"{cell!r} is a formula"


def test_text_with_semicolons_and_nothing_like_a_formula_stays_as_it_is() -> None:
    for text in ("a; b; c", "first\nsecond", "1;-5", "a;\n+1.50;b", "x=1; y=2", "a - b; c"):
        assert safe_cell(text) == text


@pytest.mark.parametrize("number", [-5, -0.5, 10**30, Decimal("-1.50")])
def test_a_number_stays_a_number(number: object) -> None:
    assert safe_cell(number) == str(number)


def test_names_of_columns_are_checked_as_well() -> None:
    assert read(csv_pieces(["=1+1", "b"], [])) == [["'=1+1", "b"]]


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))), max_size=5)
)
def test_what_is_read_back_is_what_was_written(texts: list[list[str]]) -> None:
    rows = [["row", *row] for row in texts]
    expected = [[safe_cell(cell) for cell in row] for row in rows]
    assert read(csv_pieces(["a"], rows))[1:] == expected


def test_a_file_that_is_cut_says_so() -> None:
    rows = read(csv_pieces(["n"], ([n] for n in range(1_000)), rows_max=3))
    assert rows[1:4] == [["0"], ["1"], ["2"]]
    assert rows[4][0].startswith("Cut after 3 rows")
    assert len(rows) == 5


def test_a_file_of_just_as_many_rows_is_not_cut() -> None:
    assert read(csv_pieces(["n"], ([n] for n in range(3)), rows_max=3))[-1] == ["2"]


def test_it_is_sent_while_it_is_read() -> None:
    asked: list[int] = []

    def rows() -> Iterator[list[object]]:
        for number in range(100_000):
            asked.append(number)
            yield [number, "x" * 100]

    first = next(csv_pieces(["n", "x"], rows()))
    assert len(first) < 2 * PIECE_BYTES
    assert len(asked) < 2_000


def test_a_failure_on_the_way_breaks_the_file_off() -> None:
    def rows() -> Iterator[list[object]]:
        yield [1]
        raise RuntimeError("the warehouse went away")

    with pytest.raises(RuntimeError, match="went away"):
        list(csv_pieces(["n"], rows()))


def test_a_download_has_a_harmless_name_and_is_closed_when_it_was_sent() -> None:
    closed: list[bool] = []
    app = FastAPI()

    @app.get("/file")
    def file() -> StreamingResponse:
        return csv_response('x"\r\nSet-Cookie: a', ["n"], [[1]], closing=lambda: closed.append(True))

    with TestClient(app) as client:
        response = client.get("/file")
    assert response.headers["content-disposition"] == 'attachment; filename="x-Set-Cookie-a.csv"'
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.content.decode("utf-8-sig") == "n\r\n1\r\n"
    assert closed == [True]


def test_other_values_are_their_text() -> None:
    values = [UUID(int=7), b"bytes".decode(), {"a": None}]
    assert read(csv_pieces(["a", "b", "c"], [values]))[1] == [str(UUID(int=7)), "bytes", '{"a": null}']
