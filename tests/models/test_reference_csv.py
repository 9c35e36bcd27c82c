import pytest

from models.file_formats.csv_reader import ReferenceTableError, country_code, lines, records

HEADER = b"name,country\n"


def test_cells_come_with_their_line_in_the_order_asked_for() -> None:
    text = b'\xef\xbb\xbf# note\r\n\r\ncountry, name ,extra\r\nDE,"a, b",1\r\n FR , c ,2\r\n'
    assert list(records(text, ("name", "country"), ("missing",))) == [
        (4, ["a, b", "DE", ""]),
        (5, ["c", "FR", ""]),
    ]


def test_a_file_without_its_last_line_break_is_whole() -> None:
    assert list(lines(b"a\nb")) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"", "line 1: the header must name name, country"),
        (b"# only a note\n", "line 1: the header"),
        (b"name,land\nx,DE\n", "line 1: .*found 'name, land'"),
        (b"name,country,name\nx,DE,y\n", "line 1: .*each once"),
        (HEADER + b"x\n", "line 2: 1 cells under a header of 2"),
        (HEADER + b"x,DE,y\n", "line 2: 3 cells"),
        (HEADER + b'x,DE\n"y,DE\nz,FR\n', "line 3: not a line of CSV"),
        (HEADER + b"x,DE\ny\xff,DE\n", "line 3: not UTF-8"),
        (HEADER + b"x\0,DE\n", "line 2: a zero byte"),
        ("name,country\n".encode("utf-16"), "UTF-16"),
        (HEADER + b"x" * 10_001 + b",DE\n", "line 2: a cell of more than 10,000"),
    ],
)
def test_what_is_not_such_a_file_is_refused_with_its_line(blob: bytes, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        list(records(blob, ("name", "country")))


def test_a_file_may_not_be_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.file_formats.csv_reader.LINES_MAX", 3)
    with pytest.raises(ReferenceTableError, match="line 4: more than 3 lines"):
        list(lines(b"a\n" * 4))
    monkeypatch.setattr("models.file_formats.csv_reader.BYTES_MAX", 3)
    with pytest.raises(ReferenceTableError, match="4 bytes; at most 3"):
        list(lines(b"abcd"))


@pytest.mark.parametrize("text", ["", "D", "de", "DEU", "D1", "ÄÖ", "D ", "D\n"])
def test_a_country_is_two_capital_letters(text: str) -> None:
    with pytest.raises(ReferenceTableError, match=r"line 7: .* is not a country code"):
        country_code(text, 7)
