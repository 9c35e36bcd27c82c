"""Every route has one gate, and each gate lets in whom it says."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import Mount

from dashboards.console.pages import Page
from dashboards.console.security import RouteGate, allowed, anybody
from desk.accounts import MAY, Action, Person, Role
from tests.console.scene import Scene

OPEN = {
    "GET /sign-in", "POST /sign-in", "POST /sign-out", "GET /link/{token}", "POST /link/{token}",
    "GET /sign-in/provider", "GET /sign-in/provider/back",
}  # fmt: skip
"""What needs no sign-in."""
ONES_OWN = {
    "GET /", "GET /account", "POST /account/password", "POST /account/app", "POST /account/app/confirm",
    "POST /account/sessions/end", "GET /search", "GET /search/results",
}  # fmt: skip
"""What anybody who is signed in may use: it shows and changes what is theirs alone."""


def routes(app: FastAPI) -> dict[str, RouteContext]:
    """All routes by method and path."""
    found = [each for each in iter_route_contexts(app.routes) if isinstance(each.route, APIRoute)]
    return {f"{method} {route.path}": route for route in found for method in sorted(route.methods or ())}


def gates(dependant: Dependant) -> Iterator[RouteGate]:
    """The gates among what a route depends on."""
    for each in dependant.dependencies:
        if isinstance(each.call, RouteGate):
            yield each.call
        yield from gates(each)


def faults(app: FastAPI) -> list[str]:
    """Routes that have no gate, several, or one that is open though it is not said here."""
    found = []
    assert len(routes(app)) > len(OPEN)
    for name, route in routes(app).items():
        kinds = set(gates(route.dependant))
        if len(kinds) != 1:
            found.append(f"{name} has {len(kinds)} gates")
            continue
        gate = kinds.pop()
        if gate.open != (name in OPEN) or (gate == RouteGate()) != (name in ONES_OWN):
            found.append(f"{name} has the gate {gate}")
    return found


def test_every_route_has_exactly_one_gate() -> None:
    assert not faults(Scene().app)


def test_nothing_but_routes_and_static_files_is_served() -> None:
    everything = [each.route for each in iter_route_contexts(Scene().app.routes)]
    others = [route for route in everything if not isinstance(route, APIRoute)]
    assert all(isinstance(route, Mount) and route.path.startswith("/static") for route in others), others


def page(router: APIRouter) -> Page:
    """A page that everybody may see."""
    return Page("/planted", "Planted", Action.SEE_LIVE, "x", router)


def test_a_route_without_a_gate_is_found() -> None:
    router = APIRouter()

    @router.get("/planted")
    def planted() -> str:
        return "everything"

    assert faults(Scene(shown=[page(router)]).app) == ["GET /planted has 0 gates"]


def test_a_route_with_two_gates_and_one_that_is_open_are_found() -> None:
    router = APIRouter()

    @router.get("/planted", dependencies=[Depends(allowed(Action.EXPLORE))])
    def twice(person: Annotated[Person, Depends(allowed(Action.SEE_LIVE))]) -> str:
        return person.name

    @router.get("/planted/open", dependencies=[Depends(anybody())])
    def open_to_all() -> str:
        return "everything"

    found = faults(Scene(shown=[page(router)]).app)
    assert [each.partition(" has")[0] for each in found] == ["GET /planted", "GET /planted/open"]


def gated() -> list[Page]:
    """A page with a route for each action, for reading and for changing."""
    router = APIRouter()

    def answer() -> dict[str, Any]:
        return {"answered": True}

    for action in Action:
        gate = [Depends(allowed(action))]
        router.add_api_route(f"/do/{action}", answer, methods=["GET", "POST"], dependencies=gate)
    return [Page("/do", "Do", Action.SEE_LIVE, "x", router)]


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role) -> None:
    scene = Scene(roles=[role], shown=gated())
    token = scene.token()
    for action in Action:
        expected = 200 if role in MAY[action] else 403
        assert scene.client.get(f"/do/{action}").status_code == expected, action
        sent = scene.client.post(f"/do/{action}", data={"csrf": token}, headers={"origin": scene.origin})
        assert sent.status_code == expected, action


def test_nobody_may_do_anything() -> None:
    scene = Scene(roles=None, shown=gated())
    token = scene.token("/sign-in")
    for action in Action:
        asked = scene.client.get(f"/do/{action}")
        sent = scene.client.post(f"/do/{action}", data={"csrf": token}, headers={"origin": scene.origin})
        assert (asked.status_code, sent.status_code) == (303, 303)
        assert sent.headers["location"] == "/sign-in"


def test_what_htmx_asks_leads_to_the_sign_in_page_once_a_session_has_ended() -> None:
    answer = Scene(roles=None, shown=gated()).client.get("/do/explore", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_the_navigation_shows_what_a_person_may_see() -> None:
    pages = [Page("/one", "One", Action.SEE_LIVE, "o", APIRouter())]
    pages += [Page("/two", "Two", Action.MANAGE_USERS, "t", APIRouter())]
    text = Scene(roles=[Role.VIEWER], shown=pages).client.get("/account").text
    assert 'href="/one"' in text
    assert 'href="/two"' not in text
