"""Live: what is decided now, beside the hour before and the same hour a week ago."""

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse

from dashboards.console.design import render
from dashboards.console.pages.explore_link import explore_link
from dashboards.console.pages.live.events import events
from dashboards.console.pages.live.figures import (
    LiveFigures,
    Scope,
    finished_minute,
    no_figures,
    parameters_of,
    query_of,
    read_figures,
)
from dashboards.console.pages.live.poller import LivePoller
from dashboards.console.pages.live.shown import shown
from dashboards.console.pages.page import Page
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed
from desk.accounts import Action, Person
from streams.errors import Outage

router = APIRouter()
_MAKING = threading.Lock()
FULL = "All places at Live are taken, or all of yours: close other pages of it and load this one again.\n"
Viewer = Annotated[Person, Depends(allowed(Action.SEE_LIVE))]


@router.get("/live")
def live(request: Request, parts: Parts, person: Viewer) -> HTMLResponse:
    """The page as it stands; it moves on by `/live/events`."""
    now, scope = parts.now(), person.accounts
    try:
        figures = read_figures(parts.warehouse, parts.engine, now, scope)
    except Outage as outage:
        figures = no_figures(finished_minute(now), str(outage))
    return render(request, "live/page.html.j2", context_of(parts.engine, figures, scope))


@router.get("/live/events")
def live_events(request: Request, parts: Parts, person: Viewer) -> Response:
    """The figures of each poll, as they come. 503 where all places are taken."""
    poller = poller_of(request, parts)
    who = str(person.user_id)
    if poller.is_full(who):
        return PlainTextResponse(FULL, 503)
    session_id = request.state.session.session_id

    def may_still() -> bool:
        try:
            return bool(parts.people.person_now(session_id) == person)
        except Outage:  # it says nothing about the person; a stream ends by itself before long
            return True

    stream = events(poller, person.accounts, who, may_still)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def context_of(engine: str, figures: LiveFigures, scope: Scope) -> dict[str, Any]:
    """What the template shows."""
    sql = explore_link(query_of(scope), parameters_of(engine, figures.until), scope)
    return {"figures": figures, "shown": shown(figures), "sql": sql, "accounts": sorted(scope or ())}


def poller_of(request: Request, parts: ConsoleParts) -> LivePoller:
    """The application's one poller."""
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "live_poller"):
            state.live_poller = made_poller(parts)
    poller: LivePoller = state.live_poller
    return poller


def made_poller(parts: ConsoleParts) -> LivePoller:
    """A poller that asks the warehouse of these parts."""

    def ask(scope: Scope) -> LiveFigures:
        return read_figures(parts.warehouse, parts.engine, parts.now(), scope)

    def failed(words: str) -> LiveFigures:
        return no_figures(finished_minute(parts.now()), words)

    return LivePoller(ask, failed)


PAGE = Page("/live", "Live", Action.SEE_LIVE, "l", router)
