"""What verdicts of the past rest on and cost: rules of each ruleset that was live, costs of the policy.

One set of costs values all payments of a report, that of the newest policy by cost, so that a figure does not
move because a cost was changed in the middle of a month; segments of the newest ruleset replace them by
merchant. Without a policy by cost (thresholds know no costs) those that ship are used, and that is said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from models.decided_payments import RuleActions, approved_below
from models.messages import Change, PolicyChange, RulesetChange
from models.money import ReferenceRates
from models.policy import CostParameters, ParameterTable, Policy, PolicyError, UtilityDocument, parameters
from models.rules import Ruleset, RulesetError
from models.verdict_value import Costs, rule_actions

NO_COSTS: Final = (
    "No policy by cost is in effect: money is reckoned with the costs that ship with Tollgate. Publish a "
    "policy with your own (docs/policy.md)."
)


@dataclass(frozen=True)
class ReportJudges:
    """What was in effect until the report."""

    party_costs: CostParameters
    """Of the policy's party."""
    ruleset: Ruleset | None
    """The newest, whose segments replace costs by merchant."""
    actions: RuleActions
    """What rules ask for, by version of their ruleset."""
    rates: ReferenceRates
    """Exchange rates."""
    notes: tuple[str, ...] = ()
    """What must be known of them."""
    rate_notes: tuple[str, ...] = ()
    """Of these, what concerns the exchange rates."""

    def costs(self, merchants: Sequence[str]) -> Costs:
        """Columns of the costs of payments to these merchants."""
        if self.ruleset is None or not self.ruleset.document.segments:
            return ParameterTable((self.party_costs,)).of(None)
        places: dict[bytes, int] = {}
        rows = [self.party_costs]
        by_merchant: dict[str, int] = {}
        for merchant in sorted(set(merchants)):
            replaced = self.ruleset.document.parameters_for(merchant)
            content = msgspec.json.encode(replaced, order="deterministic")
            if content not in places:
                places[content] = len(rows)
                rows.append(parameters.overridden(self.party_costs, replaced))
            by_merchant[merchant] = places[content]
        numbers = np.array([by_merchant[merchant] for merchant in merchants], np.int64)
        return ParameterTable(tuple(rows)).of(numbers)

    @property
    def approved_below(self) -> int:
        """The probability (micro-units) below which the model alone approves, by whatever costs a merchant
        has.
        """
        document = None if self.ruleset is None else self.ruleset.document
        groups = () if document is None else document.groups.values()
        own = () if document is None else [segment.merchant for segment in document.segments]
        named = {"", *(merchant for group in groups for merchant in group), *(each for each in own if each)}
        return approved_below(self.costs(sorted(named)))


def report_judges(
    changes: Iterable[Change], rates: ReferenceRates, notes: Sequence[str] = ()
) -> ReportJudges:
    """From the changes that went live, oldest first. A ruleset or policy that cannot be read was refused by
    the engine, too, and is passed over. `notes`: what must be known of the rates.
    """
    costs: CostParameters | None = None
    newest: Ruleset | None = None
    actions = {}
    for change in changes:
        if isinstance(change, RulesetChange) and (read := _ruleset(change)) is not None:
            newest = read
            actions[read.version] = rule_actions(read.rules)
        elif isinstance(change, PolicyChange):
            costs = _costs(change, costs)
    said = (*notes, *(() if costs is not None else (NO_COSTS,)))
    return ReportJudges(costs or CostParameters(), newest, actions, rates, said, tuple(notes))


def _ruleset(change: RulesetChange) -> Ruleset | None:
    try:
        return Ruleset.from_dict(change.ruleset)
    except RulesetError:
        return None


def _costs(change: PolicyChange, before: CostParameters | None) -> CostParameters | None:
    """The costs after a policy went live: those of its party; none by thresholds."""
    try:
        document = Policy.from_dict(change.policy).document
    except PolicyError:
        return before
    return document.costs_of(document.party) if isinstance(document, UtilityDocument) else None
