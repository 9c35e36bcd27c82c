"""Routes of Cohorts: weeks, the merchants that moved one of them, and both as CSV."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from dashboards.console.csv_download import csv_response
from dashboards.console.design import render
from dashboards.console.pages.cohorts.cohort import (
    AGES,
    NOT_COMPARED,
    WEEK,
    Cohort,
    FraudRate,
    age_of,
    change,
    chart,
    cohorts_of,
    default_week,
    why_not_compared,
)
from dashboards.console.pages.explore_link import explore_link
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed
from desk.people import Action, Person

router = APIRouter()

WEEKS: Final = 26
KEPT_S: Final = 60.0
OWN_KEPT_S: Final = 600.0
MERCHANTS_SHOWN: Final = 30
MERCHANTS_CSV: Final = 1_000
WEEK_COLUMNS: Final = (
    "week", "payments", "fraud", "fraud_rate", "least", "most", "fraud_rate_by_value", "labelled",
    "is_old_enough",
)  # fmt: skip
MERCHANT_COLUMNS: Final = (
    "merchant_id", "payments", "fraud", "fraud_reference_amount", "payments_before", "fraud_before", "change",
)  # fmt: skip

Viewer = Annotated[Person, Depends(allowed(Action.SEE_LIVE))]
Exporter = Annotated[Person, Depends(allowed(Action.EXPORT))]
Age = Annotated[int, Query(ge=0, le=365)]
Week = Annotated[str, Query(max_length=10)]


@dataclass(frozen=True)
class CohortQuestion:
    """A question of one person."""

    parts: ConsoleParts
    person: Person
    age: int

    @property
    def today(self) -> date:
        """UTC."""
        return self.parts.now().date()

    @property
    def query(self) -> str:
        """Sums of all accounts hold no account: who sees some asks by merchant."""
        return "cohorts/weeks" if self.person.accounts is None else "cohorts/weeks_of_merchants"

    def weeks(self) -> Mapping[str, Any]:
        """Parameters of the weeks."""
        monday = self.today - timedelta(days=self.today.weekday())
        since = monday - (WEEKS - 1) * WEEK
        own = {} if self.person.accounts is None else {"merchants": self.merchants()}
        return {"engine": self.parts.engine, "since": since, "age": self.age, **own}

    def moving(self, week: date, rows: int) -> dict[str, Any]:
        """Parameters of the merchants that moved a week."""
        age = age_of(week, self.age, self.today)
        merchants = self.merchants()
        return {"engine": self.parts.engine, "week": week, "age": age, "rows": rows, "merchants": merchants}

    def merchants(self) -> list[str]:
        """Merchants all of whose payments the person may see."""
        if self.person.accounts is None:
            return []
        asked = {"engine": self.parts.engine, "since": self.today - WEEKS * WEEK}
        rows = self.parts.warehouse.shared("meters/own_merchants", asked, self.person.accounts, OWN_KEPT_S)
        return [str(each) for each in rows.column("merchant_id")] if len(rows) else []


@router.get("/cohorts")
def cohorts(request: Request, parts: Parts, person: Viewer, age: Age = 30, week: Week = "") -> Response:
    """Weeks, and what moved the chosen one."""
    asked = CohortQuestion(parts, person, age)
    found = _cohorts(asked)
    chosen = _chosen(week, found)
    known = {
        "cohorts": found[::-1], "chart": chart(found), "age": age, "ages": AGES, "chosen": chosen,
        "sees_some": person.accounts is not None,
        "sql": explore_link(asked.query, asked.weeks(), person.accounts),
        **(_moved(asked, chosen, found) if chosen else {}),
    }  # fmt: skip
    return render(request, "cohorts/page.html.j2", known)


@router.get("/cohorts/weeks.csv")
def weeks_csv(parts: Parts, person: Exporter, age: Age = 30) -> Response:
    """The weeks."""
    rows = (
        (
            each.first, each.rate.payments, each.rate.fraud, each.rate.share,
            *(each.rate.interval or ("", "")), each.by_value, each.labelled, each.is_grown,
        )
        for each in _cohorts(CohortQuestion(parts, person, age))
    )  # fmt: skip
    return csv_response(f"cohorts-{age}-days", WEEK_COLUMNS, rows)


@router.get("/cohorts/merchants.csv")
def merchants_csv(parts: Parts, person: Exporter, week: Week, age: Age = 30) -> Response:
    """The merchants that moved a week, all of them."""
    asked, first = CohortQuestion(parts, person, age), _monday(week)
    found = parts.warehouse.rows(
        "cohorts/merchants", asked.moving(first, MERCHANTS_CSV), person.accounts, MERCHANTS_CSV
    )
    rows = ([row[name] for name in MERCHANT_COLUMNS] for row in found)
    return csv_response(f"cohort-{first}-merchants", MERCHANT_COLUMNS, rows)


def _cohorts(asked: CohortQuestion) -> list[Cohort]:
    rows = asked.parts.warehouse.shared(asked.query, asked.weeks(), asked.person.accounts, KEPT_S)
    return cohorts_of(rows, asked.age, asked.today)


def _chosen(week: str, cohorts: list[Cohort]) -> date | None:
    return _monday(week) if week else default_week(cohorts)


def _monday(week: str) -> date:
    try:
        day = date.fromisoformat(week)
    except ValueError:
        raise HTTPException(400) from None
    return day - timedelta(days=day.weekday())


def _moved(asked: CohortQuestion, week: date, cohorts: list[Cohort]) -> dict[str, Any]:
    """The chosen week against the one before, at one age, and the merchants behind it."""
    parameters = asked.moving(week, MERCHANTS_SHOWN)
    rows = list(asked.parts.warehouse.shared("cohorts/merchants", parameters, asked.person.accounts, KEPT_S))
    first = rows[0] if rows else {}
    now = FraudRate(int(first.get("all_fraud", 0)), int(first.get("all_payments", 0)))
    before = FraudRate(int(first.get("all_fraud_before", 0)), int(first.get("all_payments_before", 0)))
    labelled = {each.first: each.labelled for each in cohorts}
    why_not = why_not_compared(now, before, parameters["age"], labelled.get(week), labelled.get(week - WEEK))
    word, interval = (NOT_COMPARED, None) if why_not else change(now, before)
    return {
        "now_rate": now, "before_rate": before, "word": word, "interval": interval, "why_not": why_not,
        "merchants": [] if why_not else rows,
        "compared_at": parameters["age"], "before": week - WEEK,
        "week_name": next((each.name for each in cohorts if each.first == week), ""),
        "merchants_sql": explore_link("cohorts/merchants", parameters, asked.person.accounts),
        "payments_of": lambda merchant, **truth: "/payments?" + urlencode(
            {"merchant": merchant, "since": week.isoformat(), "until": (week + WEEK).isoformat(), **truth}
        ),
    }  # fmt: skip
