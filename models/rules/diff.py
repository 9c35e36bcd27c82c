"""What differs between two ruleset documents, rule by rule, in words that fraud teams use."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

ABSENT: Final = object()
DEFAULTS: Final = {"mode": "live", "sample": "all payments"}
"""What a field says that is not there."""
ORDER: Final = (
    "when", "action", "score", "set_score", "tag", "put_on_list", "mode", "sample", "by", "from", "until",
    "merchant", "group",
)  # fmt: skip
"""Fields of a rule that comes or goes: what decides first, words for people last."""
PARTS: Final = ("name", "version", "description")
"""What a document holds in addition to rules, groups and segments."""


def ruleset_diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """One line for each thing added (+), removed (-) or changed (~); empty when both say the same.

    A rule is known by its id and its level: the same id may be there for everyone, for a group and for a
    merchant.

    >>> one = {"name": "a", "rules": [{"id": "big", "when": "amount > 1", "score": 5}]}
    >>> two = {"name": "a", "rules": [{"id": "big", "when": "amount > 2", "score": 5}]}
    >>> ruleset_diff(one, two)
    ['~ rule big: when: amount > 1 -> amount > 2']
    """
    return [*_parts(old, new), *_groups(old, new), *_segments(old, new), *_rules(old, new)]


def _parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for part in PARTS:
        before, after = old.get(part, ABSENT), new.get(part, ABSENT)
        if before != after:
            yield f"~ {part}: {_shown(before)} -> {_shown(after)}"


def _groups(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Which merchants come to a group, and which leave it."""
    before, after = old.get("groups") or {}, new.get("groups") or {}
    for name in dict.fromkeys((*before, *after)):
        then, now = before.get(name, ()), after.get(name, ())
        if (name in before) != (name in after):
            yield f"{'+' if name in after else '-'} group {name}: {_shown(now or then)}"
            continue
        yield from (f"~ group {name}: without {each}" for each in then if each not in now)
        yield from (f"~ group {name}: with {each}" for each in now if each not in then)


def _segments(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Parameters of the policy, such as limits of money, one by one."""
    before, after = _parameters(old), _parameters(new)
    for name in dict.fromkeys((*before, *after)):
        then, now = before.get(name, ABSENT), after.get(name, ABSENT)
        if then != now:
            yield f"~ policy of {name}: {_shown(then)} -> {_shown(now)}"


def _parameters(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{_level(segment).strip(' ()') or 'everyone'}: {name}": value
        for segment in document.get("segments") or ()
        for name, value in (segment.get("parameters") or {}).items()
    }


def _rules(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _by_name(old), _by_name(new)
    for name, rule in before.items():
        if name not in after:
            yield from _whole("-", name, rule)
    for name, rule in after.items():
        if name not in before:
            yield from _whole("+", name, rule)
            continue
        yield from _fields(name, before[name], rule)
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield "~ order of rules: of two that ask for the same action, the first one decides"


def _by_name(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {_name(rule): rule for rule in document.get("rules", ())}


def _name(rule: Mapping[str, Any]) -> str:
    return f"{rule.get('id')}{_level(rule)}"


def _level(rule: Mapping[str, Any]) -> str:
    return next((f" ({key} {rule[key]})" for key in ("merchant", "group") if rule.get(key)), "")


def _whole(sign: str, name: str, rule: Mapping[str, Any]) -> Iterator[str]:
    """A rule that comes or goes, field by field: the condition, what it does, and all that limits it."""
    fields = sorted((field for field in rule if field != "id"), key=_rank)
    yield from (f"{sign} rule {name}: {field}: {_shown(rule[field])}" for field in fields)


def _rank(field: str) -> int:
    return ORDER.index(field) if field in ORDER else len(ORDER)


def _fields(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field, ABSENT), after.get(field, ABSENT)
        if old != new:
            unset = DEFAULTS.get(field, "(none)")
            shown = [unset if value is ABSENT else _shown(value) for value in (old, new)]
            yield f"~ rule {name}: {field}: {shown[0]} -> {shown[1]}"


def _shown(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return "(none)" if value is ABSENT else " ".join(str(value).split())
