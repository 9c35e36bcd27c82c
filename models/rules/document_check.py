"""What makes a ruleset document one that can be used: its shape, its version, its levels and segments."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from models.rules.document import (
    RULES_MAX,
    ListPut,
    Path,
    PolicySegment,
    Rule,
    RulesetDocument,
    RulesetError,
    millis,
)
from models.rules.language import closest

RULES_MAX_VERSION_1: Final = 64
MERCHANTS_MAX: Final = 100_000
"""Merchants of all groups together."""
VERSIONS: Final = (1, 2)

_UNKNOWN_FIELD: Final = re.compile("unknown field `([^`]{1,64})`")
_FIELDS: Final = tuple(
    field
    for struct in (Rule, RulesetDocument, ListPut, PolicySegment)
    for field in struct.__struct_encode_fields__
)


def document_of(document: Mapping[str, Any]) -> RulesetDocument:
    """The document, checked. Raises `RulesetError`."""
    try:
        ruleset = msgspec.convert(document, RulesetDocument)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise _shape_error(str(error), document) from None
    _check_version(ruleset)
    for index, rule in enumerate(ruleset.rules):
        _check_rule(rule, ("rules", index), ruleset)
    _check_levels(ruleset)
    _check_segments(ruleset)
    return ruleset


def _shape_error(message: str, document: Any) -> RulesetError:
    """What msgspec says, with the rule's id, the place as a path, and the closest known field."""
    words, _, where = message.partition(" - at `$")
    path: Path = tuple(
        int(part) if part.isdigit() else part
        for part in where.rstrip("`").replace("[", ".").replace("]", "").split(".")
        if part and part != "..."
    )
    unknown = _UNKNOWN_FIELD.search(words)
    if unknown:
        words += closest(unknown[1], _FIELDS)
    place = f" (`{where.strip('.`')}`)" if where else ""
    return RulesetError(
        f"ruleset: {_rule_named(document, path)}{words}{place}", (*path, unknown[1]) if unknown else path
    )


def _rule_named(document: Any, path: Path) -> str:
    try:
        return f"rule {document['rules'][path[1]]['id']!r}: " if path[:1] == ("rules",) else ""
    except (KeyError, IndexError, TypeError):
        return ""


def _check_version(ruleset: RulesetDocument) -> None:
    if ruleset.version not in VERSIONS:
        raise RulesetError(
            f"ruleset {ruleset.name!r}: version {ruleset.version} is not known, expected 1 or 2", ("version",)
        )
    if ruleset.version == 1 and len(ruleset.rules) > RULES_MAX_VERSION_1:
        raise RulesetError(
            f"ruleset {ruleset.name!r}: {len(ruleset.rules)} rules, at most {RULES_MAX_VERSION_1} "
            f"(with `version: 2`, {RULES_MAX})",
            ("rules",),
        )
    if ruleset.version == 1 and (ruleset.groups or ruleset.segments):
        raise RulesetError(f"ruleset {ruleset.name!r}: groups and segments need `version: 2`", ("version",))


def _check_rule(rule: Rule, path: Path, ruleset: RulesetDocument) -> None:
    given = [rule.score, rule.set_score, rule.action, rule.tag]
    actions = sum(value is not None for value in given)
    newer = (rule.action, rule.tag, rule.starts, rule.until, rule.sample, rule.merchant, rule.group)
    if ruleset.version == 1:
        if rule.action is not None or rule.tag is not None:
            raise _rule_error(rule, "`action` and `tag` need `version: 2` of the ruleset", path)
        if actions != 1:
            raise _rule_error(rule, "exactly one of `score` and `set_score` is needed", path)
        if any(value is not None for value in newer) or rule.mode != "live":
            raise _rule_error(rule, "its fields need `version: 2` of the ruleset", path)
    if actions > 1 or (actions == 0 and rule.put_on_list is None):
        wanted = "exactly one of `score`, `set_score`, `action` and `tag` is needed (or `put_on_list` alone)"
        raise _rule_error(rule, wanted, path)
    if rule.mode is True:
        raise _rule_error(rule, "mode is live, shadow or off", (*path, "mode"))
    _check_window(rule, path)


def _check_window(rule: Rule, path: Path) -> None:
    window = []
    for field, text in (("from", rule.starts), ("until", rule.until)):
        try:
            window.append(None if text is None else millis(text))
        except ValueError:
            wanted = f"`{field}` {text!r} is not a time such as 2026-11-30 or 2026-11-30T18:00:00Z"
            raise _rule_error(rule, wanted, (*path, field)) from None
    if window[0] is not None and window[1] is not None and window[0] >= window[1]:
        raise _rule_error(rule, "`until` must be after `from`", (*path, "until"))


def _check_levels(ruleset: RulesetDocument) -> None:
    if sum(map(len, ruleset.groups.values())) > MERCHANTS_MAX:
        raise RulesetError(f"the groups hold more than {MERCHANTS_MAX:,} merchants", ("groups",))
    seen: set[tuple[str, str]] = set()
    grouped: dict[str, list[str]] = {}
    shared = _SharedMerchants(ruleset)
    for index, rule in enumerate(ruleset.rules):
        path: Path = ("rules", index)
        _check_place(rule, ruleset, path)
        if (rule.id, rule.level) in seen:
            raise _rule_error(rule, f"is there twice (level: {rule.level})", (*path, "id"))
        seen.add((rule.id, rule.level))
        if rule.group is None:
            continue
        for other in grouped.setdefault(rule.id, []):
            if shared.merchant(other, rule.group) is not None:
                both = f"merchant {shared.merchant(other, rule.group)!r} is in the groups {other!r}"
                both += f" and {rule.group!r}, and both have this rule: which one holds?"
                raise _rule_error(rule, both, (*path, "group"))
        grouped[rule.id].append(rule.group)


class _SharedMerchants:
    """Merchants that two groups have in common; each pair of groups is compared once."""

    def __init__(self, ruleset: RulesetDocument) -> None:
        self._groups = {name: frozenset(merchants) for name, merchants in ruleset.groups.items()}
        self._known: dict[tuple[str, str], str | None] = {}

    def merchant(self, first: str, second: str) -> str | None:
        """One of them, the same always; None where there is none."""
        pair = (first, second)
        if pair not in self._known:
            self._known[pair] = min(self._groups[first] & self._groups[second], default=None)
        return self._known[pair]


def _check_place(rule: Rule | PolicySegment, ruleset: RulesetDocument, path: Path) -> None:
    if rule.merchant is not None and rule.group is not None:
        raise _rule_error(rule, "`merchant` or `group`, not both", (*path, "group"))
    if rule.group is not None and rule.group not in ruleset.groups:
        known = ", ".join(sorted(ruleset.groups)) or "none"
        raise _rule_error(rule, f"there is no group {rule.group!r}; groups: {known}", (*path, "group"))


def _check_segments(ruleset: RulesetDocument) -> None:
    seen: set[tuple[str | None, str | None]] = set()
    in_groups: dict[str, str] = {}
    for index, segment in enumerate(ruleset.segments):
        path: Path = ("segments", index)
        _check_place(segment, ruleset, path)
        if (segment.group, segment.merchant) in seen:
            raise _rule_error(segment, "is there twice", path)
        seen.add((segment.group, segment.merchant))
        for merchant in set(ruleset.groups.get(segment.group or "", ())):
            if merchant in in_groups:
                raise _rule_error(segment, f"merchant {merchant!r} is in two groups with segments", path)
            in_groups[merchant] = str(segment.group)


def _rule_error(rule: Rule | PolicySegment, message: str, path: Path) -> RulesetError:
    what = f"rule {rule.id!r}" if isinstance(rule, Rule) else f"segment {path[1]}"
    return RulesetError(f"{what}: {message}", path)
