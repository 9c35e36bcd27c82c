"""A backtest as the page shows it: figures of the new and of the live ruleset side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.console.warehouse import WarehouseReader
from desk.changes import Backtest
from streams.errors import Outage

LINES: Final = ("declined", "declined or reviewed", "not approved at once", "approved")
STATUSES: Final = (
    ("disputed", "Disputed"), ("refunded", "Refunded"), ("stopped", "Blocked"), ("succeeded", "Succeeded"),
)  # fmt: skip
BY_DAY: Final = (
    ("Declined", "declined", "decline", ""), ("Frauds stopped", "frauds_caught", "approve", ""),
    ("Good customers stopped", "mistakes", "review", ""),
)  # fmt: skip


@dataclass(frozen=True)
class DeltaLine:
    """A figure under both rulesets; `base` None where there is nothing to compare with."""

    name: str
    kind: str
    """count, amount or share."""
    new: float | None
    base: float | None

    @property
    def change(self) -> float | None:
        """New less base."""
        return None if self.new is None or self.base is None else self.new - self.base


def delta_lines(result: Mapping[str, Any]) -> list[DeltaLine]:
    """What changes, in the order people ask: what is stopped, what of it was fraud, whom it hurts."""
    new, base = result["verdicts"], (result.get("base") or {}).get("verdicts")
    asked = (
        ("Payments declined", "count", "declined", "payments"),
        ("Money declined", "amount", "declined", "value"),
        ("Payments sent to review or declined", "count", "declined or reviewed", "payments"),
        ("Frauds stopped", "count", "declined or reviewed", "fraud"),
        ("Fraud stopped, money", "amount", "declined or reviewed", "value_caught"),
        ("Good customers stopped", "count", "declined or reviewed", "legitimate"),
        ("Good customers stopped, money", "amount", "declined or reviewed", "value_blocked_by_mistake"),
        ("Insult rate (declined)", "share", "declined", "insult_rate"),
        ("Precision (declined)", "share", "declined", "precision"),
        ("Share of known fraud stopped", "share", "declined or reviewed", "recall"),
        ("Challenges", "count", "challenges", "payments"),
    )
    return [
        DeltaLine(name, kind, _of(new, line, field), None if base is None else _of(base, line, field))
        for name, kind, line, field in asked
    ]


def _of(verdicts: Mapping[str, Any], line: str, field: str) -> float | None:
    if line == "challenges":
        wider, narrower = verdicts["not approved at once"], verdicts["declined or reviewed"]
        return float(wider[field] - narrower[field])
    value = verdicts[line][field]
    return None if value is None else float(value)


def charts(result: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """By day, new ruleset and live one."""
    days = result["days"]
    seconds = [_seconds(day["day"]) for day in days]
    return [
        (name, {"x": seconds, "time": True, "unit": "", "series": _series(days, field, tone)})
        for name, field, tone, _ in BY_DAY
    ]


def _series(days: list[Mapping[str, Any]], field: str, tone: str) -> list[dict[str, Any]]:
    series = [{"name": "new", "tone": tone, "values": [day["new"][field] for day in days], "fill": True}]
    if days and "base" in days[0]:
        values = [day["base"][field] for day in days]
        series.append({"name": "live", "tone": "muted", "values": values, "dash": True})
    return series


def _seconds(day: str) -> int:
    from datetime import UTC, datetime

    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def examples(
    warehouse: WarehouseReader, engine: str, result: Mapping[str, Any], accounts: frozenset[str] | None
) -> list[dict[str, Any]]:
    """The examples with their payments, where the warehouse knows them."""
    found = result.get("examples", [])
    asked = {
        "engine": engine,
        "sequences": [example["sequence"] for example in found],
        "times": [example["engine_time"] for example in found],
    }
    try:
        known = (
            {row["sequence"]: row for row in warehouse.rows("rules/examples", asked, accounts)}
            if found
            else {}
        )
    except Outage:
        known = {}
    return [{**example, "payment": known.get(example["sequence"])} for example in found]


def context_of(
    backtest: Backtest | None, warehouse: WarehouseReader, accounts: frozenset[str] | None
) -> dict[str, Any]:
    """What the template `backtest.html.j2` draws."""
    if backtest is None or backtest.result is None:
        return {"backtest": backtest, "result": None}
    result = backtest.result
    return {
        "backtest": backtest,
        "result": result,
        "deltas": delta_lines(result),
        "charts": charts(result),
        "statuses": STATUSES,
        "rule_hits": [line for line in result["rules"] if line["payments"]],
        "examples": examples(warehouse, backtest.engine, result, accounts),
    }
