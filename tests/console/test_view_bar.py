"""The bar of named views: what it opens, and that it shows nobody more than they may see."""

from typing import Annotated
from urllib.parse import urlencode

import pytest
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from dashboards.console.pages import Page
from dashboards.console.parts import Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import view_bar
from desk.audit import AuditFilter, AuditTrail
from desk.database import DeskDatabase
from desk.people import Action, Person, Role
from desk.views import NamedViews, selection_of
from tests.console.scene import NOW, Scene
from tests.desk.view_people import known_as, some_person
from tests.support.shared_postgres import desk_database, desk_url

__all__ = ["desk_database", "desk_url"]

ROUTER = APIRouter()
LIST = Page("/list", "List", Action.SEE_LIVE, "z", ROUTER)
FORM = {"page": "list", "path": "/list"}


@ROUTER.get("/list")
def list_page(
    request: Request, parts: Parts, person: Annotated[Person, Depends(allowed(Action.SEE_LIVE))]
) -> Response:
    """What the bar says."""
    bar = view_bar(request, parts, person, "list")
    if bar.leads_to:
        return redirect(bar.leads_to)
    scope = None if bar.scope is None else sorted(bar.scope)
    chosen = bar.chosen.name if bar.chosen else None
    return JSONResponse({"query": bar.query, "chosen": chosen, "changed": bar.is_changed, "scope": scope})


def scene(database: DeskDatabase, **parts: object) -> Scene:
    made = Scene(shown=(LIST,), database=database, **parts)  # type: ignore[arg-type]
    known_as(database, made.person)
    return made


def test_a_view_opens_as_the_address_of_its_selection(desk_database: DeskDatabase) -> None:
    made = scene(desk_database)
    saved = made.post("/views/save", {**FORM, "name": "mine", "query": "verdict=decline&within=7d"})
    address = saved.headers["location"]
    assert address.startswith("/list?verdict=decline&within=7d&view=")
    assert made.client.get(address).json() == {
        "query": "verdict=decline&within=7d", "chosen": "mine", "changed": False, "scope": None
    }  # fmt: skip
    view = address.rpartition("=")[2]
    assert made.client.get(f"/list?view={view}").headers["location"] == address
    assert made.client.get(f"/list?verdict=review&view={view}").json()["changed"]


def test_the_default_opens_the_page_until_none_is_chosen(desk_database: DeskDatabase) -> None:
    made = scene(desk_database)
    address = made.post("/views/save", {**FORM, "name": "mine", "query": "verdict=decline"}).headers[
        "location"
    ]
    view = address.rpartition("=")[2]
    made.post(f"/views/{view}/default", FORM)
    assert made.client.get("/list").headers["location"] == address
    assert made.client.get("/list?view=none").json()["chosen"] is None
    assert made.client.get("/list?verdict=review").json()["chosen"] is None


def test_a_selection_narrows_the_scope_and_never_widens_it(desk_database: DeskDatabase) -> None:
    some = scene(desk_database, accounts=["shop-1", "shop-2"])
    asked = {"": ["shop-1", "shop-2"], "shop-1": ["shop-1"], "shop-3": []}
    for account, scope in asked.items():
        query = urlencode({"account": account, "view": "none"})
        assert some.client.get(f"/list?{query}").json()["scope"] == scope


def test_what_others_share_is_theirs_to_change(desk_database: DeskDatabase) -> None:
    made, other = scene(desk_database), some_person(desk_database, "other")
    views = NamedViews(desk_database, lambda: NOW)
    view = views.save(other, "list", "ours", selection_of([("verdict", "decline")]), is_shared=True)
    assert made.client.get(f"/list?view={view}").status_code == 303
    for act in ("overwrite", "rename", "share", "delete"):
        answer = made.post(f"/views/{view}/{act}", {"path": "/list", "version": "1", "name": "x"})
        assert answer.status_code == 403
    assert views.find(other, view).name == "ours"


def test_sharing_is_noted_and_is_for_some_roles(desk_database: DeskDatabase) -> None:
    made = scene(desk_database, roles=[Role.ANALYST])
    address = made.post("/views/save", {**FORM, "name": "mine", "query": "a=1"}).headers["location"]
    made.post(
        f"/views/{address.rpartition('=')[2]}/share", {"path": "/list", "version": "1", "shared": "true"}
    )
    with desk_database.transaction() as connection:
        entries = AuditTrail(lambda: NOW).entries(connection, AuditFilter(action="view_shared"))
    assert [entry.detail for entry in entries] == [{"name": "mine"}]


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/list?x=1", "/\\evil", "list"])
def test_a_form_leads_to_paths_of_ours_alone(desk_database: DeskDatabase, path: str) -> None:
    answer = scene(desk_database).post("/views/save", {"page": "list", "path": path, "name": "mine"})
    assert "evil" not in answer.headers.get("location", "")
    assert answer.status_code in {303, 422}


def test_who_may_not_keep_views_keeps_none(desk_database: DeskDatabase) -> None:
    made = scene(desk_database, roles=[Role.VIEWER])
    assert made.post("/views/save", {**FORM, "name": "mine"}).status_code == 403
    assert made.client.get("/list").status_code == 200


def test_what_cannot_be_kept_is_told(desk_database: DeskDatabase) -> None:
    made = scene(desk_database)
    assert made.client.get("/list?Bad-Name=1").json()["query"] == ""
    assert made.post("/views/save", {**FORM, "name": "mine", "query": "Bad-Name=1"}).status_code == 422
    assert made.post("/views/save", {**FORM, "name": "", "query": "a=1"}).status_code == 403
