"""What a rule author did where a text is not YAML: which line, what to do. PyYAML's words name tokens.

Each kind of mistake is looked for in the line that the parser stopped at, and in the one before it, where the
parser notices one line late. What is none of them keeps the parser's words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

FIELD: Final = re.compile(r"(?P<lead>\s*(?:- )?)(?P<name>[a-z_]+):(?P<rest>\s.*|$)")
ITEM: Final = re.compile(r"\s*-(\s|$)")
INDENTED: Final = "a rule begins with '  - id:', its other fields stand 4 columns to the right"


@dataclass(frozen=True)
class YamlMistake:
    """Where a text stops to be YAML, from 0, and the parser's words."""

    lines: tuple[str, ...]
    line: int
    column: int
    words: str
    opened: tuple[int, int] | None = None
    """Where the thing began that does not end."""

    @property
    def here(self) -> str:
        """The line it stopped at."""
        return self.lines[self.line] if self.line < len(self.lines) else ""

    @property
    def before(self) -> int:
        """The number of the last line before it that says something; -1 where none does."""
        said = (at for at in range(min(self.line, len(self.lines)) - 1, -1, -1) if _says(self.lines[at]))
        return next(said, -1)


Told = tuple[int, int, str]
"""Line and column from 0, and what to do."""


def in_plain_words(mistake: YamlMistake) -> Told:
    """What was meant, where it can be told."""
    for look in LOOKS:
        told = look(mistake)
        if told is not None:
            return told
    return mistake.line, mistake.column, mistake.words


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _near(mistake: YamlMistake) -> Iterator[int]:
    yield from (at for at in (mistake.line, mistake.before) if 0 <= at < len(mistake.lines))


def _tab(mistake: YamlMistake) -> Told | None:
    if "'\\t'" not in mistake.words:
        return None
    return mistake.line, mistake.column, "a tab: the text is indented with spaces. Put spaces in its place"


def _open_quote(mistake: YamlMistake) -> Told | None:
    if "unexpected end of stream" not in mistake.words or mistake.opened is None:
        return None
    line, column = mistake.opened
    return line, column, "the quote that begins here is never closed: put another one where the text ends"


def _reserved(mistake: YamlMistake) -> Told | None:
    found = re.search(r"character '(.)' that cannot start", mistake.words)
    if found is None:
        return None
    return (
        mistake.line,
        mistake.column,
        f"a value cannot begin with {found[1]}: put the whole value in quotes",
    )


def _no_blank(mistake: YamlMistake) -> Told | None:
    for at in _near(mistake):
        dash = re.match(r"(\s*)-([a-z_]+:.*)", mistake.lines[at])
        if dash:
            return at, len(dash[1]), f"a blank is missing behind '-': write '- {dash[2][:40]}'"
        colon = re.match(r"(\s*(?:- )?)([a-z_]+):([^\s:].*)", mistake.lines[at])
        if colon:
            said = f"a blank is missing behind the colon: write '{colon[2]}: {colon[3][:40]}'"
            return at, len(colon[1]) + len(colon[2]), said
    return None


def _rule_after_the_list(mistake: YamlMistake) -> Told | None:
    """A field of the ruleset, such as `version`, stands behind the rules, and more rules behind it."""
    if not ITEM.match(mistake.here):
        return None
    field = FIELD.fullmatch(mistake.lines[mistake.before]) if mistake.before >= 0 else None
    if field is None or field["lead"] or field["name"] == "rules":
        return None
    above = next((at for at, line in enumerate(mistake.lines) if re.match(r"rules:\s*$", line)), None)
    if above is None or above > mistake.line:
        return mistake.line, 0, "this list belongs to no field: put a line 'rules:' above its first rule"
    return mistake.line, 0, (
        f"this rule is outside of `rules`, which ended at line {mistake.before + 1} (`{field['name']}`): "
        f"move line {mistake.before + 1} above line {above + 1} (`rules:`), or this rule above line "
        f"{mistake.before + 1}"
    )  # fmt: skip


def _rule_at_another_column(mistake: YamlMistake) -> Told | None:
    """A rule that does not begin below the others."""
    if not ITEM.match(mistake.here) or "mapping values" in mistake.words:
        return None
    first = next((at for at, line in enumerate(mistake.lines) if re.match(r"\s*- id:", line)), None)
    if first is None or first >= mistake.line:
        return None
    wanted, found = (_indent(mistake.lines[at]) for at in (first, mistake.line))
    if wanted == found:
        return None
    return mistake.line, found, (
        f"this rule begins at column {found + 1}, the rules above at column {wanted + 1} (line {first + 1}): "
        f"move all its lines by {abs(wanted - found)} to the {'right' if wanted > found else 'left'}"
    )  # fmt: skip


def _colon_in_a_text(mistake: YamlMistake) -> Told | None:
    if "mapping values" not in mistake.words:
        return None
    field = FIELD.fullmatch(mistake.here)
    if field is None or not re.search(r"\S:(\s|$)", field["rest"]):
        return None
    name, text = field["name"], field["rest"].strip()[:60]
    return mistake.line, mistake.column, f"a colon inside a text: put the text in quotes, {name}: '{text}'"


def _field_at_another_column(mistake: YamlMistake) -> Told | None:
    field = FIELD.fullmatch(mistake.here)
    if field is None or "-" in field["lead"] or mistake.before < 0:
        return None
    above = mistake.lines[mistake.before]
    wanted = _indent(above) + (2 if ITEM.match(above) else 0)
    found = _indent(mistake.here)
    if FIELD.fullmatch(above) is None or found == wanted:
        return None
    return mistake.line, found, (
        f"`{field['name']}` begins at column {found + 1}, the field above at column {wanted + 1}: fields of "
        f"one rule begin at one column"
    )  # fmt: skip


def _text_behind_a_quote(mistake: YamlMistake) -> Told | None:
    field = FIELD.fullmatch(mistake.here)
    if field is None or not re.match(r"\s*(\"[^\"]*\"|'[^']*')\s*[^\s#]", field["rest"]):
        return None
    whole = field["rest"].strip()[:60]
    quote = '"' if "'" in whole else "'"
    said = f"a value that begins with a quote ends with it: put the whole in quotes, {field['name']}: "
    return mistake.line, mistake.column, f"{said}{quote}{whole}{quote}"


def _stray_text(mistake: YamlMistake) -> Told | None:
    if "expected ':'" not in mistake.words:
        return None
    for at in _near(mistake):
        line = mistake.lines[at]
        if _says(line) and FIELD.fullmatch(line) is None and not ITEM.match(line):
            return at, _indent(line), (
                "text that belongs to no field: take it out, put '# ' before it to make it a remark, or "
                "write it behind a field, such as `comment: ...`"
            )  # fmt: skip
    return None


def _indentation(mistake: YamlMistake) -> Told | None:
    if "<block end>" not in mistake.words and "mapping values" not in mistake.words:
        return None
    said = f"this line is not where YAML expects it: compare its columns with the rule above; {INDENTED}"
    return mistake.line, mistake.column, said


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


LOOKS: Final[tuple[Callable[[YamlMistake], Told | None], ...]] = (
    _tab, _open_quote, _reserved, _no_blank, _rule_after_the_list, _rule_at_another_column, _colon_in_a_text,
    _text_behind_a_quote, _field_at_another_column, _stray_text, _indentation,
)  # fmt: skip
