"""What differs between two ruleset documents, rule by rule, in words that fraud teams use."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

ABSENT: Final = object()
PARTS: Final = ("name", "version", "description", "groups", "segments")
"""What a document holds in addition to its rules."""


def ruleset_diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """One line for each thing added (+), removed (-) or changed (~); empty when both say the same.

    A rule is known by its id and its level: the same id may be there for everyone, for a group and for a
    merchant.

    >>> one = {"name": "a", "rules": [{"id": "big", "when": "amount > 1", "score": 5}]}
    >>> two = {"name": "a", "rules": [{"id": "big", "when": "amount > 2", "score": 5}]}
    >>> ruleset_diff(one, two)
    ['~ rule big: when: amount > 1 -> amount > 2']
    """
    return [*_parts(old, new), *_rules(old, new)]


def _parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for part in PARTS:
        before, after = old.get(part, ABSENT), new.get(part, ABSENT)
        if before != after:
            yield f"~ {part}: {_shown(before)} -> {_shown(after)}"


def _rules(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _by_name(old), _by_name(new)
    for name, rule in before.items():
        if name not in after:
            yield f"- rule {name}: {_shown(rule.get('when', ABSENT))}"
    for name, rule in after.items():
        if name not in before:
            yield f"+ rule {name}: {_shown(rule.get('when', ABSENT))}"
            continue
        yield from _fields(name, before[name], rule)
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield "~ order of rules: of two that ask for the same action, the first one decides"


def _by_name(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {_name(rule): rule for rule in document.get("rules", ())}


def _name(rule: Mapping[str, Any]) -> str:
    level = next((f" ({key} {rule[key]})" for key in ("merchant", "group") if rule.get(key)), "")
    return f"{rule.get('id')}{level}"


def _fields(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field, ABSENT), after.get(field, ABSENT)
        if old != new:
            yield f"~ rule {name}: {field}: {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    """A value on one line."""
    return "(none)" if value is ABSENT else " ".join(str(value).split())
