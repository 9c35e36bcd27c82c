"""One field of one rule set in a ruleset's text, all else left as it was written: comments, order, blanks.

For what people do with one click: pause a rule (`mode: off`), try it (`mode: shadow`), let it look at a share
of payments (`sample`). The result is read again and compared: where more changed than was asked, nothing is.
"""

from typing import Any, Final

from models.rules.document import RulesetError
from models.rules.yaml_source import RulesetSource, read_ruleset

NEWER_VERSION: Final = 2
"""The version of the format that knows `mode` and `sample`."""


def with_rule_field(source: RulesetSource, index: int, field: str, value: str | float | None) -> str:
    """The text with `field` of rule `index` set, or taken out with None. Raises `RulesetError` where the text
    is written in a way that this cannot be done in, such as a rule on one line.
    """
    wanted = _wanted(source.document, index, field, value)
    text = _edited(source, index, field, value)
    source = read_ruleset(text, source.file)
    if wanted["version"] != source.document.get("version"):
        text = _with_version(source)
    if read_ruleset(text, source.file).document != wanted:
        raise RulesetError("this rule is written in a way that has to be edited by hand", ("rules", index))
    return text


def _wanted(document: dict[str, Any], index: int, field: str, value: str | float | None) -> dict[str, Any]:
    rule = {name: kept for name, kept in document["rules"][index].items() if name != field}
    if value is not None:
        rule[field] = value
    rules = [*document["rules"]]
    rules[index] = rule
    version = document.get("version", 1) if value is None else NEWER_VERSION
    return {**document, "version": version, "rules": rules}


def _edited(source: RulesetSource, index: int, field: str, value: str | float | None) -> str:
    place = source.places.get(("rules", index, field))
    if place is None:
        return source.text if value is None else _inserted(source, index, f"{field}: {value}")
    start, end = place.start_mark.index, place.end_mark.index
    if value is not None:
        return source.text[:start] + str(value) + source.text[end:]
    line_start = source.text.rindex("\n", 0, start) + 1
    line_end = source.text.find("\n", end) + 1 or len(source.text)
    return source.text[:line_start] + source.text[line_end:]


def _inserted(source: RulesetSource, index: int, line: str) -> str:
    """A line behind that of the rule's id, as far to the right as the rule's fields are."""
    rule, id_place = source.places["rules", index], source.places.get(("rules", index, "id"))
    if id_place is None or rule.flow_style:
        raise RulesetError("this rule is written in a way that has to be edited by hand", ("rules", index))
    end = source.text.find("\n", id_place.end_mark.index)
    end = len(source.text) if end < 0 else end
    return f"{source.text[:end]}\n{' ' * rule.start_mark.column}{line}{source.text[end:]}"


def _with_version(source: RulesetSource) -> str:
    place = source.places.get(("version",))
    if place is None:
        return f"version: {NEWER_VERSION}\n{source.text}"
    return source.text[: place.start_mark.index] + str(NEWER_VERSION) + source.text[place.end_mark.index :]
