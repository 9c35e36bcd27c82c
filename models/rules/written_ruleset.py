"""A ruleset's document as the text that people read and edit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import yaml

from models.rules.document import ListPut, Rule

HEAD: Final = ("name", "version", "description", "groups", "segments", "rules")
"""The rules stand last, so that one more can be written at the end of the text."""


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
