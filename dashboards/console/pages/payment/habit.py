"""This payment beside what its customer (or card) usually does, in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.console.pages.payment.words import ENTITIES
from dashboards.fraud_report import money

ENOUGH: Final = 5
"""Earlier payments from which on something counts as a habit."""
MANY_TIMES: Final = 3.0
"""How many times the usual is called unusual."""


@dataclass(frozen=True)
class HabitComparison:
    """One thing about this payment, and the habit beside it. `tone`: good, warning or neutral."""

    name: str
    here: str
    usually: str
    tone: str = "neutral"


def comparisons(
    decision: Mapping[str, Any], habit: Mapping[str, Any], seen: Mapping[str, int], entity: str
) -> list[HabitComparison]:
    """What is compared; with fewer than `ENOUGH` earlier payments nothing is called unusual."""
    payments = int(habit["payments"])
    found = [_amount(decision, habit), _pace(habit), _merchant(decision, habit), _hour(decision, habit)]
    found += [
        _seen(kind, payments, int(seen.get(kind, 0)), entity)
        for kind, column in (
            ("card", "card"), ("device", "device"), ("ip", "ip_network"), ("email", "email"),
            ("delivery_address", "delivery_address"),
        )
        if kind != entity and decision[column]
    ]  # fmt: skip
    known = [each for each in found if each is not None]
    if payments >= ENOUGH:
        return known
    return [HabitComparison(each.name, each.here, each.usually) for each in known]


def _amount(decision: Mapping[str, Any], habit: Mapping[str, Any]) -> HabitComparison | None:
    if habit["median_amount"] is None:
        return None
    currency, amount = str(decision["currency"]), int(decision["amount"])
    median, most = int(habit["median_amount"]), int(habit["most_amount"])
    times = amount / median if median else 0.0
    tone = "warning" if amount > most or times >= MANY_TIMES else "good"
    usually = f"half are up to {money(median, currency)}, none above {money(most, currency)}"
    here = money(amount, currency) + (f", {times:.1f} times the usual" if times >= 1.5 else "")
    return HabitComparison("Amount", here, usually, tone)


def _pace(habit: Mapping[str, Any]) -> HabitComparison:
    hour, day, usual = int(habit["last_hour"]), int(habit["last_day"]), float(habit["a_day"])
    here = f"{hour} more in the hour before, {day} in the day before"
    pace = f"{usual:.1f} a day" if usual >= 0.1 else f"{usual * 30:.1f} in 30 days"
    tone = "warning" if day >= 3 and day >= MANY_TIMES * usual else "good"
    return HabitComparison("Pace", here, pace, tone)


def _merchant(decision: Mapping[str, Any], habit: Mapping[str, Any]) -> HabitComparison:
    times, payments = int(habit["at_merchant"]), int(habit["payments"])
    usually = f"{times:,} of {_payments(payments)} to this merchant"
    return HabitComparison("Merchant", str(decision["merchant_id"]), usually, "good" if times else "warning")


def _hour(decision: Mapping[str, Any], habit: Mapping[str, Any]) -> HabitComparison:
    near, payments = int(habit["near_hour"]), int(habit["payments"])
    tone = "warning" if payments and near / payments < 0.05 else "good"
    return HabitComparison(
        "Hour",
        f"{decision['engine_time']:%H:%M} UTC",
        f"{near:,} of {_payments(payments)} within two hours of it",
        tone,
    )


def _seen(kind: str, payments: int, times: int, entity: str) -> HabitComparison:
    name = ENTITIES[kind]
    if times:
        return HabitComparison(
            name, "seen before", f"with {times:,} of {_payments(payments)} of this {entity}", "good"
        )
    return HabitComparison(name, f"new to this {entity}", f"none of {_payments(payments)} had it", "warning")


def _payments(number: int) -> str:
    return f"{number:,} payment{'' if number == 1 else 's'}"
