"""Routes of the Models page."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from dashboards.console.design import render
from dashboards.console.pages.engine_wide import engine_wide
from dashboards.console.pages.models import model_figures
from dashboards.console.pages.models.model_desk import Desk, ModelDesk, ModelsNow
from dashboards.console.pages.models.registered import Registered, disagreements
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from desk.accounts import Action, Person
from desk.changes import ProposalRefused
from desk.reviews import at_ms
from streams.errors import Misconfigured

router = APIRouter(dependencies=[Depends(engine_wide)])

Reader = Annotated[Person, Depends(allowed(Action.SEE_PAYMENTS))]
Approver = Annotated[Person, Depends(allowed(Action.CHANGE_MODELS))]
Sha256 = Annotated[str, Form(pattern="^[0-9a-f]{64}$")]
Reason = Annotated[str, Form(max_length=500)]
SILENT_DAYS: Final = 30
DRIFT_DAYS: Final = 60


@router.get("/models")
def models(request: Request, _: Reader, parts: Parts, desk: Desk) -> Response:
    """Champion and challenger, and what may be done."""
    return _page(request, parts, desk)


@router.get("/models/figures")
def figures(
    request: Request, _: Reader, parts: Parts, days: Annotated[Literal["30", "90", "180"], Query()] = "90"
) -> Response:
    """Curves, calibration and drift."""
    asked = {
        "engine": parts.engine, "days": int(days), "silent_days": SILENT_DAYS,
        "edges": list(model_figures.EDGES),
    }  # fmt: skip
    scored = {"engine": parts.engine, "days": int(days)}
    found = model_figures.figures(
        parts.warehouse.shared("models/bins", asked, None, 60.0),
        parts.warehouse.shared("models/scored", scored, None, 60.0),
    )
    since = {"engine": parts.engine, "days": DRIFT_DAYS}
    drift, psi = model_figures.drift_chart(parts.warehouse.shared("models/drift", since, None, 60.0))
    known = {
        "models": found, "days": days, "silent_days": SILENT_DAYS, "psi": psi, "drift": drift,
        "curve": model_figures.curve_chart(found),
        "calibrations": [(one, model_figures.calibration_chart(one)) for one in found],
    }  # fmt: skip
    return render(request, "models/figures.html.j2", known)


@router.get("/models/history")
def history(request: Request, _: Reader, parts: Parts) -> Response:
    """Every change of which models score."""
    rows = parts.warehouse.rows("models/history", {"engine": parts.engine}, None)
    return render(request, "models/history.html.j2", {"rows": rows, "tab": "history"})


@router.get("/models/registry")
def registry(request: Request, _: Reader) -> Response:
    """What is registered; the answer comes as a part of its own."""
    return render(request, "models/registry.html.j2", {})


@router.get("/models/registry/versions")
def registered_versions(
    request: Request, _: Reader, parts: Parts, desk: Desk, registered: Registered
) -> Response:
    """Versions with their cards and gates."""
    answer, now = registered.newest(parts.now()), desk.plane.now()
    known = {
        "answer": answer, "now_in_force": now, "at": at_ms,
        "warnings": [] if answer is None else disagreements(answer, now.models.champion),
    }  # fmt: skip
    return render(request, "models/registered.html.j2", known)


@router.post("/models/promote")
def promote(
    request: Request, person: Approver, parts: Parts, desk: Desk, sha256: Sha256, reason: Reason = ""
) -> Response:
    """The challenger becomes champion."""
    return _done(request, parts, desk, lambda: desk.promote(person, sha256, reason))


@router.get("/models/asked")
def asked(request: Request, person: Reader, desk: Desk) -> Response:
    """What waits for a second person; a part of the page."""
    waiting = desk.second.waiting() if desk.second else []
    known = {"waiting": waiting, "me": person.user_id, "place": "/models", "may_confirm": "change_models"}
    return render(request, "models/asked.html.j2", known)


@router.post("/models/confirm")
def confirm(
    request: Request, person: Approver, parts: Parts, desk: Desk, asked_id: Annotated[UUID, Form()]
) -> Response:
    """Does what another person asked for."""
    return _done(request, parts, desk, lambda: desk.confirm(person, asked_id))


@router.post("/models/roll-back")
def roll_back(
    request: Request, person: Approver, parts: Parts, desk: Desk, sha256: Sha256, reason: Reason = ""
) -> Response:
    """The champion before scores again."""
    return _done(request, parts, desk, lambda: desk.roll_back(person, sha256, reason))


@router.post("/models/withdraw")
def withdraw(
    request: Request, person: Approver, parts: Parts, desk: Desk, sha256: Sha256, reason: Reason = ""
) -> Response:
    """The trial ends."""
    return _done(request, parts, desk, lambda: desk.withdraw(person, sha256, reason))


def _done(request: Request, parts: ConsoleParts, desk: ModelDesk, act: Any) -> Response:
    try:
        waits = act() is None
    except (ProposalRefused, Misconfigured) as refused:
        return _page(request, parts, desk, str(refused), 409)
    return redirect("/models?done=asked" if waits else "/models?done=1")


def _page(
    request: Request, parts: ConsoleParts, desk: ModelDesk, refused: str = "", status: int = 200
) -> Response:
    now = desk.plane.now()
    champion, trial = now.models.champion, now.models.trial
    known = {
        "now_in_force": now, "tab": "models", "refused": refused,
        "done": request.query_params.get("done", ""),
        "champion": None if champion is None else desk.plane.card(champion),
        "challenger": None if trial is None else desk.plane.card(trial.sha256),
    }  # fmt: skip
    return render(request, "models/page.html.j2", known | _trial(parts, now), status)


def _trial(parts: ConsoleParts, now: ModelsNow) -> dict[str, Any]:
    trial = now.models.trial
    if trial is None:
        return {"trial": None, "gates": [], "right": []}
    asked = {"engine": parts.engine, "model": trial.sha256[: model_figures.VERSION_DIGITS]}
    row = parts.warehouse.shared("models/trial", asked, None, 10.0).first()
    right = parts.warehouse.shared("models/right", asked, None, 10.0)
    return {"trial": row, "gates": model_figures.gates(trial.bounds, row), "right": right}
