"""Rulesets as the page shows them: read from the warehouse, each rule beside its figures."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dashboards.console.warehouse import WarehouseReader
from models.rules import Rule, Ruleset, RulesetError, ruleset_text

DAYS: Final = (7, 30, 90)
NO_FIGURES: Final[Mapping[str, Any]] = {
    "payments": 0, "reference_amount": 0, "declined": 0, "fraud": 0, "legitimate": 0, "precision": None,
    "insult_rate": None, "decided": 0, "unknown": 0, "known_good": 0,
}  # fmt: skip


@dataclass(frozen=True)
class LoggedRuleset:
    """One ruleset that the engine took."""

    version: str
    live_from: datetime
    live_until: datetime | None
    author: str
    signers: list[str]
    reason: str
    document: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name, as its author wrote it."""
        return str(self.document.get("name", ""))

    @property
    def text(self) -> str:
        """As YAML."""
        return ruleset_text(self.document)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules; none where this version of Tollgate cannot read them."""
        try:
            return Ruleset.from_dict(self.document).rules
        except RulesetError:
            return ()


@dataclass(frozen=True)
class RuleLine:
    """A rule with what it did lately. `number` is its place in the document."""

    number: int
    rule: Rule
    figures: Mapping[str, Any]
    anchor: str
    """Of its row; empty where another level of the same rule has it."""


def ruleset_in_effect(warehouse: WarehouseReader, engine: str) -> LoggedRuleset | None:
    """The newest that the engine took."""
    return _logged(warehouse.rows("rules/in_effect", {"engine": engine}, None))


def ruleset_of(warehouse: WarehouseReader, engine: str, version: str) -> LoggedRuleset | None:
    """The one of this version, when it was last put in effect."""
    return _logged(warehouse.rows("rules/of_version", {"engine": engine, "version": version}, None))


def ruleset_before(warehouse: WarehouseReader, engine: str, later: LoggedRuleset) -> LoggedRuleset | None:
    """The one that another took the place of; None where it was the first."""
    asked = {"engine": engine, "before": round(later.live_from.timestamp() * 1000)}
    return _logged(warehouse.rows("rules/before", asked, None))


def _logged(rows: Iterable[Mapping[str, Any]]) -> LoggedRuleset | None:
    row = next(iter(rows), None)
    if row is None:
        return None
    document = json.loads(row["change"])["ruleset"]
    return LoggedRuleset(
        **{name: value for name, value in row.items() if name != "change"}, document=document
    )


def rule_lines(warehouse: WarehouseReader, engine: str, ruleset: LoggedRuleset, days: int) -> list[RuleLine]:
    """Each rule in the document's order, with its figures of the last days."""
    rows = warehouse.rows("rules/figures", {"engine": engine, "days": days}, None)
    figures = {row["rule"]: row for row in rows}
    first = {rule.id: number for number, rule in reversed(list(enumerate(ruleset.rules)))}
    return [
        RuleLine(
            number, rule, figures.get(rule.id, NO_FIGURES),
            f"rule-{rule.id}" if first[rule.id] == number else "",
        )
        for number, rule in enumerate(ruleset.rules)
    ]  # fmt: skip
