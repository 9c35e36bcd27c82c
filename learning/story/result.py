"""The story's figures, and whether every expectation was met."""

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
    """All that the story found. `costs` by period, `qualities` by model and period, `labels` by what they say
    and rest on, `seconds` by part of the story.
    """

    engine: str
    days: int
    payments: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    ran: RunResult | None = None
    costs: dict[str, VerdictCosts] = field(default_factory=dict)
    qualities: dict[str, ScoreQuality] = field(default_factory=dict)
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
            "models": {name: vars(quality) for name, quality in self.qualities.items()},
            "gates": self.gates,
            "expectations": [vars(one) for one in self.expectations],
            "seconds": self.seconds,
            "as_expected": self.as_expected,
        }

    @property
    def gates(self) -> dict[str, Any]:
        """The gates' results for the retrained model; empty where they did not run."""
        facts = {} if self.ran is None else self.ran.facts.get("gates", {})
        found: dict[str, Any] = facts.get("gates", {})
        return found
