"""What makes a ruleset document one that can be used: its shape, its version, its levels and segments."""

import re
from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from models.rules.document import (
    RULES_MAX,
    Action,
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
COMPARED_MAX: Final = 2_000_000
"""Merchants in groups of rules that share an id, counted once for each such rule."""
VERSIONS: Final = (1, 2)

_UNKNOWN_FIELD: Final = re.compile("unknown field `([^`]{1,64})`")
_MISSING_FIELD: Final = re.compile("missing required field `([^`]{1,64})`")
EXAMPLES: Final = {
    "id": "large_amount", "description": "Large amounts", "owner": "fraud-team", "when": "amount > 500 EUR",
    "name": "shop", "rules": "[]",
}  # fmt: skip
"""What may stand in a field that is missing."""
ADVICE: Final = {
    "id": "an id is small letters, digits and _, a letter first, such as large_amount",
    "sample": "a share is a number from 0 to 1, such as 0.1 for 10 %",
    "by": "a share is of each payment or each card",
    "mode": "a rule is live, shadow (on trial) or off (paused)",
    "score": "a whole number from -100 to 100",
    "set_score": "a whole number from 0 to 100",
    "tag": "a tag is small letters, digits, _ and -, a letter first",
    "rules": "a list of rules: each begins with '  - id:', and where there is none write `rules: []`",
    "hours": "a whole number of hours, at least 1",
}  # fmt: skip
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
    words = _plain(words, path)
    place = f" (`{where.strip('.`')}`)" if where else ""
    return RulesetError(
        f"ruleset: {_rule_named(document, path)}{words}{place}", (*path, unknown[1]) if unknown else path
    )


def _plain(words: str, path: Path) -> str:
    """What msgspec says of a field, with what to write there instead."""
    field = str(path[-1]) if path else ""
    missing = _MISSING_FIELD.search(words)
    if missing and missing[1] in EXAMPLES:
        return f"{words}: add `{missing[1]}: {EXAMPLES[missing[1]]}`"
    if field == "action":
        return words + _actions(words)
    return f"{words}: {ADVICE[field]}" if field in ADVICE and not missing else words


def _actions(words: str) -> str:
    """The actions there are, where an unknown one was written; verdicts have other names."""
    verdict = {"'decline'": "block", "'approve'": "allow"}.get(words.removeprefix("Invalid enum value "))
    meant = f", did you mean {verdict!r}" if verdict else ""
    return f"{meant}; actions: {', '.join(get_args(Action))}"


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
    newer = (rule.action, rule.tag, rule.starts, rule.until, rule.sample, rule.by, rule.merchant, rule.group)
    if ruleset.version == 1:
        if rule.action is not None or rule.tag is not None:
            raise _rule_error(rule, "`action` and `tag` need `version: 2` of the ruleset", path)
        if actions != 1:
            raise _rule_error(rule, "exactly one of `score` and `set_score` is needed", path)
        if any(value is not None for value in newer) or rule.mode != "live":
            raise _rule_error(rule, "its fields need `version: 2` of the ruleset", path)
    if actions > 1 or (actions == 0 and rule.put_on_list is None):
        wanted = "exactly one of `score`, `set_score`, `action` and `tag` is needed (or `put_on_list` alone)"
        names = zip(("score", "set_score", "action", "tag"), given, strict=True)
        there = [f"`{name}`" for name, value in names if value is not None]
        wanted += f": here are {' and '.join(there)}, take out all but one" if there else ": add one of them"
        raise _rule_error(rule, wanted, path)
    if rule.mode is True:
        raise _rule_error(rule, "mode is live, shadow or off", (*path, "mode"))
    if rule.by is not None and rule.sample is None:
        raise _rule_error(
            rule, "`by` says what `sample` is a share of: add `sample`, such as 0.1", (*path, "by")
        )
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
    grouped: dict[str, _GroupsOfOneId] = {}
    compared = 0
    for index, rule in enumerate(ruleset.rules):
        path: Path = ("rules", index)
        _check_place(rule, ruleset, path)
        if (rule.id, rule.level) in seen:
            raise _rule_error(
                rule,
                f"is there twice (level: {rule.level}): give one of them another id, group or merchant",
                (*path, "id"),
            )
        seen.add((rule.id, rule.level))
        if rule.group is None:
            continue
        namesakes = grouped.setdefault(rule.id, _GroupsOfOneId(ruleset.groups))
        compared += namesakes.add(rule.group)
        if compared > COMPARED_MAX:
            raise _rule_error(
                rule, f"groups of rules of one id hold more than {COMPARED_MAX:,} merchants", (*path, "group")
            )
        if namesakes.shared is not None:
            merchant, other = namesakes.shared
            both = f"merchant {merchant!r} is in the groups {other!r} and {rule.group!r}, and both have this "
            raise _rule_error(rule, both + "rule: which one holds?", (*path, "group"))


class _GroupsOfOneId:
    """The groups that have a rule of one id: no merchant may be in two of them."""

    def __init__(self, groups: Mapping[str, tuple[str, ...]]) -> None:
        self._groups = groups
        self._names: list[str] = []
        self._merchants: set[str] = set()
        self.shared: tuple[str, str] | None = None
        """A merchant of the last group that another one has as well, the same always, and that group."""

    def add(self, name: str) -> int:
        """One more group; returns how many merchants had to be looked at."""
        self._names.append(name)
        if len(self._names) == 1:
            return 0
        new = [name] if len(self._names) > 2 else self._names[:]
        for group in new:
            merchants = self._groups[group]
            if not self._merchants.isdisjoint(merchants):
                self._find(group)
            self._merchants.update(merchants)
        return sum(len(self._groups[group]) for group in new)

    def _find(self, name: str) -> None:
        for other in self._names:
            common = set(self._groups[other]).intersection(self._groups[name])
            if common and other != name:
                self.shared = (min(common), other)
                return


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
