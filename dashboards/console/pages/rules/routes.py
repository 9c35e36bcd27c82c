"""Routes of the Rules page: what is in effect, and its history."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from dashboards.console.design import render
from dashboards.console.pages.engine_wide import engine_wide
from dashboards.console.pages.rules import adding, editing, proposals
from dashboards.console.pages.rules.rules_desk import Desk
from dashboards.console.pages.rules.rulesets import (
    LoggedRuleset,
    rule_lines,
    ruleset_before,
    ruleset_in_effect,
    ruleset_of,
)
from dashboards.console.pages.rules.taking_up import taking_up
from dashboards.console.parts import Parts
from dashboards.console.security import allowed
from desk.accounts import Action, Person
from models.rules import ruleset_diff

router = APIRouter(dependencies=[Depends(engine_wide)])
router.include_router(editing.router)
router.include_router(adding.router)
router.include_router(proposals.router)

Reader = Annotated[Person, Depends(allowed(Action.SEE_PAYMENTS))]
Days = Annotated[Literal["7", "30", "90"], Query()]
Asked = Annotated[str, Query(max_length=64)]


@router.get("/rules")
def in_effect(
    request: Request, _: Reader, parts: Parts, desk: Desk, days: Days = "30", rule: Asked = ""
) -> Response:
    """The rules in effect, each with its figures; the one asked for is marked."""
    ruleset = ruleset_in_effect(parts.warehouse, parts.engine)
    lines = [] if ruleset is None else rule_lines(parts.warehouse, parts.engine, ruleset, int(days))
    known = {"ruleset": ruleset, "lines": lines, "days": days, "cost": _cost(desk, ruleset), "asked": rule}
    return render(request, "rules/page.html.j2", known | tabs(parts, desk, "rules"))


@router.get("/rules/shadow")
def shadow(request: Request, _: Reader, parts: Parts, desk: Desk, days: Days = "7") -> Response:
    """What rules on trial would have done."""
    rows = parts.warehouse.rows("rules/shadow", {"engine": parts.engine, "days": int(days)}, None)
    return render(request, "rules/shadow.html.j2", {"rows": rows, "days": days} | tabs(parts, desk, "shadow"))


@router.get("/rules/history")
def history(request: Request, _: Reader, parts: Parts, desk: Desk) -> Response:
    """Every ruleset that was in effect."""
    rows = parts.warehouse.rows("rules/history", {"engine": parts.engine}, None)
    return render(request, "rules/history.html.j2", {"rows": rows} | tabs(parts, desk, "history"))


@router.get("/rules/history/{version}")
def earlier(request: Request, _: Reader, parts: Parts, desk: Desk, version: str) -> Response:
    """One of them: what it changed when it went live, and how it differs from the one in effect."""
    ruleset, now = known_ruleset(parts, version), ruleset_in_effect(parts.warehouse, parts.engine)
    before = ruleset_before(parts.warehouse, parts.engine, ruleset)
    known = {
        "ruleset": ruleset, "in_effect": now, "before": before,
        "difference": ruleset_diff(now.document, ruleset.document) if now else [],
        "changed_then": ruleset_diff(before.document, ruleset.document) if before else [],
        "proposal": desk.changes.published_of(desk.engine, version),
    }  # fmt: skip
    return render(request, "rules/earlier.html.j2", known | tabs(parts, desk, "history"))


def known_ruleset(parts: Parts, version: str) -> LoggedRuleset:
    """Raises 404 where no ruleset of this version was in effect."""
    found = ruleset_of(parts.warehouse, parts.engine, version)
    if found is None:
        raise HTTPException(404)
    return found


@router.get("/rules/taken-up")
def taken_up(request: Request, _: Reader, parts: Parts, desk: Desk, waited: bool = False) -> Response:
    """Whether what was published is in effect; whoever waited for it gets the page anew."""
    known = tabs(parts, desk, "rules")
    answer = render(request, "rules/taking_up.html.j2", known)
    if waited and known["taking_up"] is None:
        answer.headers["HX-Refresh"] = "true"
    return answer


def tabs(parts: Parts, desk: Desk, current: str) -> dict[str, Any]:
    """Which tab is open, how many proposals wait, and what was published and is not in effect yet."""
    found = desk.changes.proposals(desk.engine)
    waiting = [one for one in found if one.state in ("waiting", "approved")]
    in_effect = ruleset_in_effect(parts.warehouse, parts.engine)
    return {
        "tab": current,
        "waiting": len(waiting),
        "taking_up": taking_up(found, in_effect, parts.now()),
    }


def _cost(desk: Desk, ruleset: LoggedRuleset | None) -> str:
    if ruleset is None:
        return ""
    checked = desk.judge.checked(ruleset.text)
    return "" if checked.cost is None else str(checked.cost)
