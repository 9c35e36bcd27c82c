"""The Rules page without servers: proposals in memory, a judge that reads, a publisher that remembers."""

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from dashboards.console.pages.rules import PAGE
from dashboards.console.pages.rules.rules_desk import CheckedText, RulesDesk, rules_desk
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from desk.changes import Backtest, Proposal, ProposalState
from desk.changes.proposals import document_bytes
from models.rules import (
    PAYMENT_COLUMNS,
    Ruleset,
    RulesetSourceError,
    check_ruleset,
    read_ruleset,
    ruleset_text,
)
from models.rules.language import Schema
from models.versions import content_version
from tests.console.scene import NOW, Scene

RULES: dict[str, Any] = {
    "name": "shop",
    "version": 2,
    "rules": [
        {"id": "big", "description": "Large amounts", "owner": "fraud", "when": "amount > 100", "score": 40},
        {"id": "abroad", "description": "Card from elsewhere", "owner": "fraud", "mode": "shadow",
         "when": "issuer_country != ip_country", "action": "block"},
    ],
}  # fmt: skip
VERSION = content_version(RULES)
COLUMNS = ("version", "live_from", "live_until", "author", "signers", "reason", "change")
FIGURES = (
    "rule", "payments", "reference_amount", "declined", "fraud", "legitimate", "precision", "insult_rate",
    "decided", "unknown", "known_good",
)  # fmt: skip


def logged(document: dict[str, Any], reason: str = "spring") -> tuple[Any, ...]:
    """A row of `rules/in_effect`."""
    change = json.dumps({"kind": "ruleset", "ruleset": document})
    return content_version(document), NOW, None, "operator", ["operator"], reason, change


class Judge:
    """Reads texts as the engine would with no features; the log says what `live` says."""

    live = VERSION

    def checked(self, text: str) -> CheckedText:
        try:
            document = read_ruleset(text).document
            check_ruleset(text, PAYMENT_COLUMNS)
            cost = Ruleset.from_dict(document).compile(PAYMENT_COLUMNS).cost
            return CheckedText(text, document, cost=cost)
        except RulesetSourceError as error:
            return CheckedText(text, problems=tuple((p.line, p.column, p.message) for p in error.problems))

    def live_version(self) -> str:
        return self.live

    def columns(self) -> Schema:
        return PAYMENT_COLUMNS


@dataclass
class Backtests:
    """One that is done, for whoever asks."""

    result: dict[str, Any] | None = None
    asked: list[tuple[dict[str, Any], dict[str, Any] | None, int]] = field(default_factory=list)
    state: str = "done"
    trouble: str = ""
    now: datetime = NOW
    version: str = ""
    """Of the one that is found whatever is asked for; empty: of what is asked for."""
    base_version: str = VERSION

    def start(
        self, _person: Any, _engine: str, document: dict[str, Any], base: dict[str, Any] | None, days: int
    ) -> UUID:
        self.asked.append((document, base, days))
        return UUID(int=9)

    def backtest(self, backtest_id: UUID) -> Backtest | None:
        if backtest_id != UUID(int=9):
            return None
        document = self.asked[-1][0] if self.asked else {}
        return self._made(content_version(document) if document else "v")

    def newest(self, _engine: str, version: str) -> Backtest | None:
        return self._made(version) if self.asked else None

    def _made(self, version: str = "v") -> Backtest:
        result = self.result if self.state == "done" else None
        return Backtest(
            UUID(int=9), "live", self.version or version, self.base_version, 30, UUID(int=1), "avery",
            self.now - timedelta(seconds=9), self.now, self.now,
            self.state, result, self.trouble,
        )  # fmt: skip


def proposal(author: UUID, reason: str = "an attack", **changes: Any) -> Proposal:
    """One that waits: the rule `big` scores more."""
    document = {**RULES, "rules": [{**RULES["rules"][0], "score": 90}, RULES["rules"][1]]}
    content = document_bytes(document)
    import hashlib

    made = Proposal(
        uuid4(), "live", "ruleset", ruleset_text(document), content, hashlib.sha256(content).hexdigest(),
        content_version(document), VERSION, author, "author", reason, NOW, ProposalState.WAITING, None, None,
        None, "", None, None, "",
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


class RulesScene(Scene):
    """A browser on the Rules page; with `database` real proposals, else none."""

    def __init__(self, changes: Any, roles: Any = tuple(Role), accounts: Any = None) -> None:
        super().__init__(roles, accounts, [PAGE])
        self.judge, self.backtests, self.published = Judge(), Backtests(), list[Proposal]()
        self.desk = RulesDesk("live", changes, self.backtests, self._publish, self.judge)  # type: ignore[arg-type]
        self.app.dependency_overrides[rules_desk] = lambda: self.desk
        self.warehouse.answers |= {
            "rules/in_effect": Rows(COLUMNS, [logged(RULES)]),
            "rules/of_version": Rows(COLUMNS, [logged({**RULES, "rules": []}, "before")]),
            "rules/before": Rows(COLUMNS, []),
            "rules/figures": Rows(FIGURES, [("big", 120, 1_234_500, 3, 8, 92, 0.08, 0.0123, 40, 20, 8_100)]),
        }

    def _publish(self, found: Proposal) -> int:
        self.published.append(found)
        return len(self.published) - 1
