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
the share of payments a rule looks at: the same ones always, others for another rule. With `by: card` it is
a share of cards: all payments of a card are in it or none; a payment without a card stands for itself.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

RULES_MAX: Final = 1_024
SCORE_MAX: Final = 100

Path = tuple[str | int, ...]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Action = Literal["allow", "challenge", "review", "block", "legal_block"]
ACTIONS: Final = ("legal_block", "allow", "block", "review", "challenge")
"""In order of precedence."""
NO_OFFSET: Final = -1


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
    """One rule as its document has it. `mode: off` may arrive as false, as YAML 1.1 reads it."""

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
    by: Literal["payment", "card"] | None = None
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


class PolicySegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Policy parameters of everyone (neither `group` nor `merchant`), of a group or of one merchant."""

    parameters: dict[str, Any]
    group: Name | None = None
    merchant: Name | None = None

    @property
    def level(self) -> str:
        """`global`, `group` or `merchant`."""
        if self.merchant is not None:
            return "merchant"
        return "global" if self.group is None else "group"


class RulesetDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ruleset as its YAML document has it. `version` is that of the format."""

    name: Name
    rules: Annotated[tuple[Rule, ...], Meta(max_length=RULES_MAX)]
    version: int = 1
    description: str = ""
    groups: dict[Name, tuple[Name, ...]] = msgspec.field(default_factory=dict)
    segments: tuple[PolicySegment, ...] = ()

    def parameters_for(self, merchant_id: str) -> dict[str, Any]:
        """The policy's parameters for a merchant: everyone's, its group's, its own; the narrower win."""
        parameters: dict[str, Any] = {}
        for level in ("global", "group", "merchant"):
            for segment in self.segments:
                if segment.level == level and self._covers(segment, merchant_id):
                    parameters |= segment.parameters
        return parameters

    def _covers(self, segment: PolicySegment, merchant_id: str) -> bool:
        if segment.group is not None:
            return merchant_id in self.groups[segment.group]
        return segment.merchant in (None, merchant_id)
