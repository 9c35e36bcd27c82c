"""The page People and its forms."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response

from dashboards.console.design import render
from dashboards.console.pages import Page
from dashboards.console.pages.people.rights_form import ROLES, FilledIn, RightsForm, of_person
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from desk.accounts import Account, AccountRefused, Action, Person

router = APIRouter()
PAGE = Page("/people", "People", Action.MANAGE_USERS, "o", router)
Manager = Annotated[Person, Depends(allowed(Action.MANAGE_USERS))]


@router.get("/people")
def people(request: Request, parts: Parts, by: Manager) -> Response:
    """Everybody whom the manager may manage."""
    return render(request, "people/page.html.j2", {"accounts": parts.people.people(by)})


@router.get("/people/new")
def new_form(request: Request, by: Manager) -> Response:
    """The form for a new person, within the manager's merchant accounts."""
    return _new(request, RightsForm(frozenset(), by.accounts))


@router.post("/people/new")
def new(
    request: Request,
    parts: Parts,
    by: Manager,
    rights: FilledIn,
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Makes a person, and shows the link by which they set a password."""
    try:
        _, token = parts.people.new_person(name, rights.roles, rights.accounts, by)
    except AccountRefused as refusal:
        return _new(request, rights, name, str(refusal), 409)
    return _link(request, parts, name, token)


@router.get("/people/{user_id}")
def one(request: Request, parts: Parts, by: Manager, user_id: UUID) -> Response:
    """One person's rights."""
    return _one(request, _account(parts, by, user_id))


@router.post("/people/{user_id}/rights")
def change_rights(request: Request, parts: Parts, by: Manager, user_id: UUID, rights: FilledIn) -> Response:
    """In effect with the person's next request."""
    account = _account(parts, by, user_id)
    try:
        parts.people.change_rights(user_id, rights.roles, rights.accounts, by)
    except AccountRefused as refusal:
        return _one(request, account, rights, str(refusal), 409)
    return redirect(f"/people/{user_id}")


@router.post("/people/{user_id}/link")
def new_link(
    request: Request,
    parts: Parts,
    by: Manager,
    user_id: UUID,
    forget_app: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """A new link; one from before ends."""
    account = _account(parts, by, user_id)
    try:
        token = parts.people.one_time_link(user_id, by, forget_totp=bool(forget_app))
    except AccountRefused as refusal:
        return _one(request, account, failure=str(refusal), status=409)
    return _link(request, parts, account.person.name, token)


@router.post("/people/{user_id}/disable")
def disable(request: Request, parts: Parts, by: Manager, user_id: UUID) -> Response:
    """Keeps a person out at once."""
    account = _account(parts, by, user_id)
    try:
        parts.people.disable(user_id, by)
    except AccountRefused as refusal:
        return _one(request, account, failure=str(refusal), status=409)
    return redirect(f"/people/{user_id}")


@router.post("/people/{user_id}/enable")
def enable(parts: Parts, by: Manager, user_id: UUID) -> Response:
    """Lets a person in again."""
    parts.people.enable(user_id, by)
    return redirect(f"/people/{user_id}")


@router.post("/people/{user_id}/sessions/end")
def end_sessions(parts: Parts, by: Manager, user_id: UUID) -> Response:
    """Signs a person out everywhere."""
    parts.people.end_all_sessions(user_id, by)
    return redirect(f"/people/{user_id}")


def _account(parts: ConsoleParts, by: Person, user_id: UUID) -> Account:
    found = next((each for each in parts.people.people(by) if each.person.user_id == user_id), None)
    if found is None:
        raise HTTPException(404)
    return found


def _new(
    request: Request, rights: RightsForm, name: str = "", failure: str = "", status: int = 200
) -> Response:
    known = {"rights": rights, "name": name, "failure": failure, "roles": ROLES}
    return render(request, "people/new.html.j2", known, status)


def _one(
    request: Request,
    account: Account,
    rights: RightsForm | None = None,
    failure: str = "",
    status: int = 200,
) -> Response:
    known: dict[str, Any] = {
        "account": account,
        "rights": rights or of_person(account.person),
        "failure": failure,
        "roles": ROLES,
    }
    return render(request, "people/one.html.j2", known, status)


def _link(request: Request, parts: ConsoleParts, name: str, token: str) -> Response:
    address = parts.address or f"http://{request.headers['host']}"
    return render(request, "people/link.html.j2", {"name": name, "link": f"{address}/link/{token}"})
