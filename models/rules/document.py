"""Rulesets as data: what their documents hold, and what makes a document one that can be used.

    name: shop
    version: 2
    groups: {luxury: [m_1, m_2]}
    rules:
      - id: large_card_amount
        description: Card payment above 5,000 EUR
        owner: fraud-team
        when: amount > 5000 EUR and method == "card"
        score: 30
      - id: large_card_amount          # the same id at a narrower level: takes its place there
        description: Luxury goods are expensive
        owner: luxury-desk
        group: luxury
        when: amount > 20000 EUR and method == "card"
        action: review
        from: 2026-11-01
        until: 2027-01-10T06:00:00Z
        sample: 0.5
        mode: shadow

A rule does exactly one thing: it adds to the score (`score`), sets it (`set_score`), asks for an `action`, or
gives the decision a `tag`; it may put a value of the payment on a list, too or only that. Version 1 knows
`score`, `set_score` and `put_on_list` only, and 64 rules.

Times are ISO 8601 of engine time (UTC without an offset), `from` inclusive, `until` exclusive. `sample` is
the share of payments a rule looks at: the same ones always, others for another rule.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from models.rules.language import closest

RULES_MAX: Final = 1_024
RULES_MAX_VERSION_1: Final = 64
MERCHANTS_MAX: Final = 100_000
"""Merchants of all groups together."""
SCORE_MAX: Final = 100
VERSIONS: Final = (1, 2)

Path = tuple[str | int, ...]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Action = Literal["allow", "challenge", "review", "block", "legal_block"]
NO_OFFSET: Final = -1


class RulesetError(ValueError):
    """The ruleset cannot be used. The message names the rule and, in an expression, the character.

    `path` is the place in the document (`("rules", 3, "when")`), `offset` the character in its text, or -1.
    """

    def __init__(self, message: str, path: Path = (), offset: int = NO_OFFSET) -> None:
        """`message` says what is wrong, where, and what was expected."""
        super().__init__(message)
        self.path = path
        self.offset = offset


class ListPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Puts one value of the payment on a list, for `hours` of engine time (for good when absent).

    The entry is written to the log as a control and acts when it is read back: never on a payment before
    that.
    """

    list: Name
    of: Literal["card", "bin", "customer", "device", "ip", "email", "merchant"]
    hours: Annotated[int, Meta(ge=1, le=24 * 3650)] | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as its document says it. `mode: off` may arrive as false, as YAML 1.1 reads it."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
    description: Annotated[str, Meta(min_length=1, max_length=500)]
    owner: Name
    when: Annotated[str, Meta(min_length=1)]
    score: Annotated[int, Meta(ge=-SCORE_MAX, le=SCORE_MAX)] | None = None
    set_score: Annotated[int, Meta(ge=0, le=SCORE_MAX)] | None = None
    action: Action | None = None
    tag: Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")] | None = None
    put_on_list: ListPut | None = None
    starts: str | None = msgspec.field(default=None, name="from")
    until: str | None = None
    sample: Annotated[float, Meta(ge=0, le=1)] | None = None
    mode: Literal["live", "shadow", "off"] | bool = "live"
    merchant: Name | None = None
    group: Name | None = None
    comment: Annotated[str, Meta(max_length=4_000)] = ""

    @property
    def runs(self) -> str:
        """`live`, `shadow` or `off`."""
        return self.mode if isinstance(self.mode, str) else "off"

    @property
    def level(self) -> str:
        """`global`, `group NAME` or `merchant ID`."""
        if self.merchant is not None:
            return f"merchant {self.merchant}"
        return "global" if self.group is None else f"group {self.group}"

    @property
    def does(self) -> str:
        """The action in words, as decisions and reports show it."""
        if self.score is not None:
            return f"score {self.score:+d}"
        if self.set_score is not None:
            return f"set score {self.set_score}"
        if self.action is not None:
            return self.action
        return f"tag {self.tag}" if self.tag else f"put on list {self.put_on_list.list}"  # type: ignore[union-attr]


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Policy parameters of everyone (neither `group` nor `merchant`), of a group or of one merchant."""

    parameters: dict[str, Any]
    group: Name | None = None
    merchant: Name | None = None


class RulesetDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ruleset as its YAML document says it. `version` is that of the format."""

    name: Name
    rules: Annotated[tuple[Rule, ...], Meta(max_length=RULES_MAX)]
    version: int = 1
    description: str = ""
    groups: dict[Name, tuple[Name, ...]] = msgspec.field(default_factory=dict)
    segments: tuple[Segment, ...] = ()


_UNKNOWN_FIELD: Final = re.compile("unknown field `([^`]{1,64})`")
_FIELDS: Final = tuple(
    field for struct in (Rule, RulesetDocument, ListPut, Segment) for field in struct.__struct_encode_fields__
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
        if actions != 1 or rule.action is not None or rule.tag is not None:
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


def millis(text: str) -> int:
    """UTC epoch milliseconds of an ISO 8601 time; without an offset it is UTC. Raises ValueError.

    >>> millis("1970-01-02"), millis("1970-01-01T02:00:00+01:00")
    (86400000, 3600000)
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    span = time - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * 1_000 + span.microseconds // 1_000


def _check_levels(ruleset: RulesetDocument) -> None:
    if sum(map(len, ruleset.groups.values())) > MERCHANTS_MAX:
        raise RulesetError(f"the groups hold more than {MERCHANTS_MAX:,} merchants", ("groups",))
    seen: set[tuple[str, str]] = set()
    grouped: dict[str, list[str]] = {}
    shared = _Shared(ruleset)
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


class _Shared:
    """Merchants that two groups have in common; each pair of groups is compared once."""

    def __init__(self, ruleset: RulesetDocument) -> None:
        self._groups = {name: frozenset(merchants) for name, merchants in ruleset.groups.items()}
        self._known: dict[tuple[str, str], str | None] = {}

    def merchant(self, one: str, other: str) -> str | None:
        """One of them, the same always; None where there is none."""
        pair = (one, other)
        if pair not in self._known:
            self._known[pair] = min(self._groups[one] & self._groups[other], default=None)
        return self._known[pair]


def _check_place(rule: Rule | Segment, ruleset: RulesetDocument, path: Path) -> None:
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


def _rule_error(rule: Rule | Segment, message: str, path: Path) -> RulesetError:
    what = f"rule {rule.id!r}" if isinstance(rule, Rule) else f"segment {path[1]}"
    return RulesetError(f"{what}: {message}", path)
