"""A backtest as the page shows it: figures of the new and of the live ruleset side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from dashboards.console.design.formats import KNOWN_MIN
from dashboards.console.warehouse import WarehouseReader
from desk.changes import Backtest
from streams.errors import Outage

LINES: Final = ("declined", "declined or reviewed", "not approved at once", "approved")
STATUSES: Final = (
    ("disputed", "Disputed"), ("refunded", "Refunded"), ("stopped", "Blocked"), ("succeeded", "Succeeded"),
)  # fmt: skip
BY_DAY: Final = (
    ("Declined", "declined", "decline", ""), ("Known frauds stopped", "frauds_caught", "approve", ""),
    ("Known good customers stopped", "mistakes", "review", ""),
)  # fmt: skip


@dataclass(frozen=True)
class DeltaLine:
    """A figure under both rulesets; `base` None where there is nothing to compare with."""

    name: str
    kind: str
    """count, amount or share."""
    new: float | None
    base: float | None
    new_truth: "Truth | None" = None
    base_truth: "Truth | None" = None
    """What it rests on, where it is about payments whose truth is known."""

    @property
    def change(self) -> float | None:
        """New less base; None where one of them is unknown, or a share of too few."""
        truths = [truth for truth in (self.new_truth, self.base_truth) if truth]
        if self.kind == "share" and any(truth.known < KNOWN_MIN for truth in truths):
            return None
        return None if self.new is None or self.base is None else self.new - self.base


@dataclass(frozen=True)
class Truth:
    """How many of the payments behind a figure have a known truth, and how many have not."""

    known: int
    unknown: int | None = None
    """None where the figure is about known ones alone, such as all frauds known."""
    what: str = "known"


def delta_lines(result: Mapping[str, Any]) -> list[DeltaLine]:
    """What changes, in the order people ask: what is stopped, what of it was fraud, whom it hurts."""
    new, base = result["verdicts"], (result.get("base") or {}).get("verdicts")
    asked = (
        ("Payments declined", "count", "declined", "payments"),
        ("Money declined", "amount", "declined", "value"),
        ("Payments sent to review or declined", "count", "declined or reviewed", "payments"),
        ("of these: known fraud", "count", "declined or reviewed", "fraud"),
        ("of these: known fraud, money", "amount", "declined or reviewed", "value_caught"),
        ("of these: known good customers", "count", "declined or reviewed", "legitimate"),
        ("of these: known good, money", "amount", "declined or reviewed", "value_blocked_by_mistake"),
        ("of these: friendly fraud", "count", "declined or reviewed", "friendly"),
        ("of these: truth unknown", "count", "declined or reviewed", "unknown"),
        ("Insult rate (declined)", "share", "declined", "insult_rate"),
        ("Precision (declined)", "share", "declined", "precision"),
        ("Share of known fraud stopped", "share", "declined or reviewed", "recall"),
        ("Challenges", "count", "challenges", "payments"),
    )
    return [_delta(new, base, *line) for line in asked]


def _delta(
    new: Mapping[str, Any], base: Mapping[str, Any] | None, name: str, kind: str, line: str, field: str
) -> DeltaLine:
    made = DeltaLine(name, kind, _of(new, line, field), None, _truth(new, line, field))
    return (
        made
        if base is None
        else replace(made, base=_of(base, line, field), base_truth=_truth(base, line, field))
    )


def _truth(verdicts: Mapping[str, Any], line: str, field: str) -> Truth | None:
    """What a rate rests on: an insult rate on all good customers known, recall on all frauds known."""
    if field == "precision":
        return hit_truth(verdicts[line])
    if field == "insult_rate":
        return Truth(known_good(verdicts), None, "good known")
    if field == "recall":
        return Truth(_everywhere(verdicts, "fraud"), None, "frauds known")
    return None


def hit_truth(line: Mapping[str, Any]) -> Truth:
    """Of the payments that a rule hits or a verdict flags."""
    return Truth(line["fraud"] + line["legitimate"], line["unknown"])


def known_good(verdicts: Mapping[str, Any]) -> int:
    """Good customers known among all payments: what an insult rate is a share of."""
    return _everywhere(verdicts, "legitimate")


def _everywhere(verdicts: Mapping[str, Any], field: str) -> int:
    return int(verdicts["not approved at once"][field]) + int(verdicts["approved"][field])


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
    backtest: Backtest | None, warehouse: WarehouseReader, accounts: frozenset[str] | None, live: str = ""
) -> dict[str, Any]:
    """What the template `backtest.html.j2` draws. `live`: the version in effect now, where that matters."""
    outdated = backtest is not None and bool(live and backtest.base_version) and backtest.base_version != live
    if backtest is None or backtest.result is None:
        return {"backtest": backtest, "result": None, "is_outdated": outdated}
    result = backtest.result
    return {
        "backtest": backtest,
        "result": result,
        "is_outdated": outdated,
        "deltas": delta_lines(result),
        "charts": charts(result),
        "statuses": STATUSES,
        "rule_hits": [(line, hit_truth(line)) for line in result["rules"] if line["payments"]],
        "known_good": known_good(result["verdicts"]),
        "period": (result["days"][0]["day"], result["days"][-1]["day"]) if result["days"] else None,
        "examples": examples(warehouse, backtest.engine, result, accounts),
    }
