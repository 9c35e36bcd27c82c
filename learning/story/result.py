"""What the story found: figures as they are, and whether everything was as it must be."""

from dataclasses import dataclass, field
from typing import Any

from learning.retraining import RunResult
from learning.story.verdict_costs import ScoreQuality, VerdictCosts


@dataclass(frozen=True)
class Expectation:
    """Something that must be so, whether it was, and what was found."""

    name: str
    met: bool
    found: str


@dataclass
class StoryResult:
    """All that the story found. `costs` by period, `told` by model and period, `labels` by what they say and
    rest on, `seconds` by part of the story.
    """

    engine: str
    days: int
    payments: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    ran: RunResult | None = None
    costs: dict[str, VerdictCosts] = field(default_factory=dict)
    told: dict[str, ScoreQuality] = field(default_factory=dict)
    expectations: list[Expectation] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def as_expected(self) -> bool:
        """Whether every expectation was met."""
        return bool(self.expectations) and all(one.met for one in self.expectations)

    def expect(self, name: str, met: bool, detail: str) -> bool:
        """Notes an expectation; gives back whether it was met."""
        self.expectations.append(Expectation(name, met, detail))
        return met

    def document(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "engine": self.engine,
            "days": self.days,
            "payments": self.payments,
            "labels": self.labels,
            "costs": {name: cost.document() for name, cost in self.costs.items()},
            "models": {name: vars(told) for name, told in self.told.items()},
            "gates": self.gates,
            "expectations": [vars(one) for one in self.expectations],
            "seconds": self.seconds,
            "as_expected": self.as_expected,
        }

    @property
    def gates(self) -> dict[str, Any]:
        """What the gates said of the retrained model; empty where they were not asked."""
        facts = {} if self.ran is None else self.ran.facts.get("gates", {})
        found: dict[str, Any] = facts.get("gates", {})
        return found
