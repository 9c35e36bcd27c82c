"""ClickHouse's errors in plain words, with the line they are about."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dashboards.console.warehouse import ReaderBusy, WarehouseDown

SERVER_TEXT: Final = re.compile(r"DB::Exception: (.*?)(?: \(for url [^)]*\))?\s*\Z", re.DOTALL)
OWN_NAME: Final = re.compile(r"\s*\([A-Z_0-9]+\)\s*\Z")
IN_SCOPE: Final = re.compile(r"[.:]? In (?:scope|query) .*", re.DOTALL)
PLACE: Final = re.compile(r"\(line (\d+), col (\d+)\)")
NAMED: Final = re.compile(r"[`']([^`']+)[`']")
MEANT: Final = re.compile(r"Maybe you meant:? (?:\['([^']+)'|([\w.]+))")
SUBSTITUTION: Final = re.compile(r"Substitution `?(\w+)`? is not set")
TEXT_MAX: Final = 600


@dataclass(frozen=True)
class StatementProblem:
    """What is wrong with a statement.

    title, text   what, and what to do
    line, column  where, from 1; None where that is not known
    original      ClickHouse's own words
    """

    title: str
    text: str
    line: int | None = None
    column: int | None = None
    original: str = ""


def explained(failure: Exception, statement: str) -> StatementProblem | None:
    """A failure of clickhouse-connect; None for one that is not about the statement.

    Raises ReaderBusy and WarehouseDown, which are not either.
    """
    from clickhouse_connect.driver.exceptions import Error as ClickHouseError  # of an extra

    if not isinstance(failure, (ClickHouseError, OSError)):
        return None
    found = SERVER_TEXT.search(str(failure))
    if found is None:
        raise WarehouseDown(
            "The warehouse does not answer. Look at `tollgate status`, then run the statement again"
        ) from failure
    original = OWN_NAME.sub("", found[1])
    code = int(getattr(failure, "code", None) or 0)
    if code == 202:
        raise ReaderBusy("The warehouse has too much to do: run the statement again in a moment")
    title, text = WORDS.get(code, _other)(original)
    line, column = _place(original, statement)
    return StatementProblem(title, text, line, column, original[:TEXT_MAX])


def _place(original: str, statement: str) -> tuple[int | None, int | None]:
    """The line and column that are named, or where the name stands that is complained about."""
    lines = statement.split("\n")
    if places := PLACE.findall(original):
        line, column = (int(number) for number in places[0])
        if line > len(lines):  # behind our own end of the statement
            return len(lines), len(lines[-1]) + 1
        return line, column
    for name in NAMED.findall(original):
        word = re.compile(rf"(?<![\w.])(?:\w+\.)?{re.escape(name.rpartition('.')[2])}(?!\w)")
        for number, text in enumerate(lines, 1):
            if found := word.search(text):
                return number, found.start() + 1
    return None, None


def _syntax(original: str) -> tuple[str, str]:
    if "Multi-statements" in original:
        return "One statement at a time", "Take out what stands after the semicolon."
    if "Unmatched parentheses" in original:
        return "A parenthesis is not closed", "Each ( needs its ), and each [ its ]."
    if "(FORMAT)" in original:
        return (
            "The statement ends too early, or names a format",
            "Finish it, and leave out FORMAT: the result is always a table, and CSV is a button.",
        )
    word = re.search(r"failed at position \d+ \((.*?)\) \(line", original, re.DOTALL)
    return "This is not SQL", f"It cannot be read from “{word[1][:60]}” on." if word else "It cannot be read."


def _unknown(what: str, look: str) -> Callable[[str], tuple[str, str]]:
    def words(original: str) -> tuple[str, str]:
        name, meant = NAMED.search(original), MEANT.search(original)
        hint = f"Did you mean {meant[1] or meant[2]}?" if meant else look
        return f"There is no {what} {name[1]}" if name else f"There is no such {what}", hint

    return words


def _denied(original: str) -> tuple[str, str]:
    if "not for use here" in original or "OUTFILE" in original or "INFILE" in original:
        name = re.search(r"privileges: (\S+) is not for use", original)
        return (
            f"{name[1] if name else 'Writing to a file'} is not allowed here",
            "Explore reads tables and views of the warehouse: no files, no other servers, nothing that only "
            "takes up time.",
        )
    return "Explore only reads", "SELECT, SHOW, DESCRIBE, EXISTS and EXPLAIN are allowed, and nothing else."


def _fixed(title: str, text: str) -> Callable[[str], tuple[str, str]]:
    return lambda _: (title, text)


def _own_words(title: str) -> Callable[[str], tuple[str, str]]:
    return lambda original: (title, _short(original))


def _other(original: str) -> tuple[str, str]:
    return "The warehouse could not run this", _short(original)


def _short(original: str) -> str:
    return IN_SCOPE.sub("", original).strip().rstrip(".")[:TEXT_MAX] + "."


def _substitution(original: str) -> tuple[str, str]:
    name = SUBSTITUTION.search(original)
    return "A value is missing", f"Write a value in place of {{{name[1] if name else 'name'}:...}}."


TOO_LONG: Final = _fixed(
    "This takes too long",
    "It was stopped at its limit of time. Ask for fewer days, or one of the views by hour and by day.",
)
TOO_LARGE: Final = _fixed(
    "This needs too much memory",
    "It was stopped at its limit. Ask for fewer days or columns, or group by less.",
)
WORDS: Final[Mapping[int, Callable[[str], tuple[str, str]]]] = {
    36: _own_words("An argument is not as it must be"),
    42: _own_words("A function has the wrong number of arguments"),
    43: _own_words("A function does not take this type"),
    46: _unknown("function", "Names of functions are case-sensitive for the most part."),
    47: _unknown("column", "The schema beside the editor lists each table's columns."),
    48: _denied,
    53: _own_words("Types do not fit"),
    60: _unknown("table", "The schema beside the editor lists all tables and views."),
    62: _syntax,
    81: _unknown("database", "Leave the database out."),
    158: _fixed("This reads too many rows", "Ask for fewer days."),
    159: TOO_LONG,
    160: TOO_LONG,
    164: _fixed(
        "Settings cannot be changed here", "Leave out SETTINGS and SET: limits are the same for everybody."
    ),
    184: _fixed("An aggregate stands where none may", "Use HAVING in place of WHERE, or a subquery."),
    215: _own_words("A column is neither grouped nor summed up"),
    241: TOO_LARGE,
    307: TOO_LARGE,
    386: _own_words("Types do not fit"),
    396: _fixed("The result is too large", "Group by less, or ask for fewer rows by LIMIT."),
    456: _substitution,
    497: _denied,
}
"""By ClickHouse's code."""
