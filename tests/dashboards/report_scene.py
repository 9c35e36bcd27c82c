"""A fraud report of a simulated quarter, and of a day on which nothing happened."""

from collections.abc import Sequence
from functools import cache

from dashboards.report_rows import ActivityRead, ReportJudges, ReportRowsRead, ReportSource, report_judges
from models.decided_payments import card_activity, decided_payments, remote_cells, reported_disputes
from models.fraud_figures import FraudReport
from models.messages import Change, RulesetChange
from models.meters import SHIPPED
from models.units import DAY_MS
from tests.models.simulated_quarter import RATES, START_MS, SimulatedQuarter, simulated_quarter

DAY = START_MS // DAY_MS + 85
RULESET = {
    "name": "r", "version": 2,
    "rules": [
        {"id": name, "description": "<b>d</b>", "owner": "o", "when": "amount > 1", "action": action}
        for name, action in (("many_small", "block"), ("odd_hour", "block"), ("known_good", "allow"))
    ],
}  # fmt: skip


@cache
def quarter() -> SimulatedQuarter:
    return simulated_quarter(seed=11, per_day=60, skill=0.05)


def source(
    changes: Sequence[Change] = (RulesetChange(RULESET),), notes: tuple[str, ...] = ()
) -> ReportSource:
    """A source whose rows are the quarter's messages."""

    def rows(since_ms: int, as_of_ms: int, _: ReportJudges) -> ReportRowsRead:
        made = quarter()
        decisions = [each for each in made.decisions if each.engine_time >= since_ms]
        decided = decided_payments(decisions, made.payments, made.outcomes, made.labels, as_of_ms)
        reported = reported_disputes(made.disputes, decided, as_of_ms, "bank")
        activity, remote = card_activity(decided, reported, "bank"), remote_cells(decided, "Acme & Sons")
        return ReportRowsRead(decided, activity, remote, notes)

    judges = report_judges(changes, RATES)

    def activity(since_ms: int, as_of_ms: int) -> ActivityRead:
        read = rows(since_ms, as_of_ms, judges)
        return ActivityRead(read.activity, read.notes)

    return ReportSource("live", rows, activity, lambda _: judges, SHIPPED, "Acme & Sons", "FR")


@cache
def report() -> FraudReport:
    return source(notes=("a <script>note</script>",)).report(DAY, maturity_days=45)


@cache
def empty_report() -> FraudReport:
    return source().report(DAY + 1_000, maturity_days=45)
