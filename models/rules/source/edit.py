"""A ruleset's text: written from its document; or one field of one rule set in it, all else left as it was
written: comments, order, blanks.

The second is for what people do with one click: pause a rule (`mode: off`), try it (`mode: shadow`), let it
look at a share of payments (`sample`), add a rule. The result is read again and compared: where more changed
than was asked, nothing is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import yaml

from models.rules.document import ListPut, Path, Rule, RulesetError
from models.rules.source.yaml_source import RulesetSource, read_ruleset

HEAD: Final = ("name", "version", "description", "groups", "segments", "rules")
"""The rules stand last, so that one more can be written at the end of the text."""
NEWER_VERSION: Final = 2
"""The version of the format that knows `mode` and `sample`."""
RULE_COLUMN: Final = 2
"""Where a first rule begins."""


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


def with_rule_added(source: RulesetSource, rule: dict[str, Any]) -> tuple[str, int]:
    """The text with a rule behind the last one, and the line (from 1) that it begins at. All else stays as it
    was written. Raises `RulesetError` where the rules are written in a way that this cannot be done in.
    """
    rules, old = source.places.get(("rules",)), source.document.get("rules") or []
    if rules is None or not isinstance(old, list) or (old and rules.flow_style):
        raise RulesetError(
            "add it by hand: `rules` has to be a list with one rule under the other", ("rules",)
        )
    column = rules.start_mark.column if old else RULE_COLUMN
    at, rest = _behind_the_rules(source, bool(old))
    lead = " " * column
    lines = yaml.safe_dump(rule, sort_keys=False, allow_unicode=True, width=10_000).splitlines()
    added = "\n".join(f"{lead}{'  ' if number else '- '}{line}" for number, line in enumerate(lines))
    text = f"{source.text[:at]}\n{added}{rest}"
    made = _with_rule(source, text, rule)
    return made, source.text[:at].count("\n") + 2 + made.count("\n") - text.count("\n")


def _with_rule(source: RulesetSource, text: str, rule: dict[str, Any]) -> str:
    """The text, of the format that knows all fields; compared with what was asked for."""
    old = source.document.get("rules") or []
    wanted = {**source.document, "version": NEWER_VERSION, "rules": [*old, rule]}
    made = read_ruleset(text, source.file)
    if made.document.get("version") != NEWER_VERSION:
        text = _with_version(made)
    if read_ruleset(text, source.file).document != wanted:
        raise RulesetError("add it by hand: the rules are written in a way that takes none", ("rules",))
    return text


def _behind_the_rules(source: RulesetSource, has_rules: bool) -> tuple[int, str]:
    """Where the last rule ends (its remark with it), or the line of `rules:`, and what stands behind it."""
    text, rules = source.text, source.places["rules",]
    if not has_rules:
        start = text.rindex(":", 0, rules.start_mark.index + 1) + 1
        return start, text[rules.end_mark.index :] or "\n"
    ends = (node.end_mark.index for path, node in source.places.items() if _is_leaf_of_a_rule(path, node))
    said = len(text[: max(ends)].rstrip())
    end = text.find("\n", said)
    return (len(text), "\n") if end < 0 else (end, text[end:])


def _is_leaf_of_a_rule(path: Path, node: Any) -> bool:
    return path[:1] == ("rules",) and (isinstance(node, yaml.ScalarNode) or bool(node.flow_style))


class _Dumper(yaml.SafeDumper):  # type: ignore[misc] # PyYAML has no types
    """Indents what stands in a list, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def ruleset_text(document: Mapping[str, Any]) -> str:
    """A document as YAML, in the order of docs/rules.md, whatever order the log has. Reads back the same."""
    written = _in_order(document, HEAD)
    rules = document.get("rules")
    if isinstance(rules, Sequence):
        written["rules"] = [_rule(each) for each in rules]
    dumped = yaml.dump(written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return cast(str, dumped)


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    written = _in_order(rule, Rule.__struct_encode_fields__)
    if "put_on_list" in written:
        written["put_on_list"] = _in_order(written["put_on_list"], ListPut.__struct_encode_fields__)
    return written


def _in_order(fields: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """Those of the order first, then whatever else is there."""
    known = {name: fields[name] for name in order if name in fields}
    return known | {name: value for name, value in fields.items() if name not in known}
