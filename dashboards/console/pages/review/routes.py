"""Review: list, one payment, and what is done to it.

Looking is a GET and claims nothing; whatever claims, judges or notes is a POST of a form of ours. A verdict
leads to the next payment of the run, so that a reviewer's way is one key a payment.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.exceptions import HTTPException

from dashboards.console.design import render
from dashboards.console.pages.review import shown
from dashboards.console.pages.review.known_frauds import known_frauds
from dashboards.console.pages.review.rendered import (
    ID_MAX,
    desk_of,
    known_id,
    looked_at,
    payment_page,
    queue_name,
    queue_page,
    refused_page,
    verdict_context,
)
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import view_bar
from desk.accounts import Action, Person
from desk.reviews import (
    Conclusion,
    ListEntry,
    NotFound,
    ReviewDesk,
    ReviewRefused,
    add_note,
    escalate,
    give,
    join_run,
    next_in_run,
    open_review,
    release,
    see,
    several,
    start_run,
    undo,
)

router = APIRouter()
Reviewer = Annotated[Person, Depends(allowed(Action.REVIEW))]
Escalator = Annotated[Person, Depends(allowed(Action.ESCALATE))]
Text = Annotated[str, Form(max_length=4_000)]
LeftOut = Annotated[int, Query(ge=0, le=50)]
"""How many linked payments a verdict did not reach."""


@router.get("/review")
def queue(
    request: Request,
    parts: Parts,
    person: Reviewer,
    queue: str = "main",
    q: str = "",
    overdue: str = "",
    left_out: LeftOut = 0,
) -> Response:
    """The queue in its order, or a named view of it."""
    bar = view_bar(request, parts, person, "review", ("left_out",))
    if bar.leads_to and not left_out:
        return redirect(bar.leads_to)
    return queue_page(request, parts, person, bar, queue, q[:200], overdue == "1", left_out=left_out)


@router.post("/review/run")
def begin(parts: Parts, person: Reviewer, queue: Annotated[str, Form(max_length=20)] = "main") -> Response:
    """Begins a run and opens its first payment."""
    desk = desk_of(parts)
    start_run(desk, person, parts.now(), queue_name(queue))
    return _to_next(desk, person, parts)


@router.post("/review/leave")
def leave(parts: Parts, person: Reviewer) -> Response:
    """Frees what the person holds."""
    release(desk_of(parts), person, parts.now())
    return redirect("/review")


@router.post("/review/undo")
def take_back(
    request: Request,
    parts: Parts,
    person: Reviewer,
    action: Annotated[UUID | None, Form()] = None,
    here: Annotated[int, Form(ge=0, le=ID_MAX)] = 0,
) -> Response:
    """Takes back what the person did last, if that is what their page offered. `here`: the payment of that
    page.
    """
    try:
        again = undo(desk_of(parts), person, parts.now(), action)
    except ReviewRefused as refused:
        if here:
            return refused_page(request, parts, person, here, refused)
        bar = replace(view_bar(request, parts, person, "review"), path="/review")
        return queue_page(request, parts, person, bar, problem=str(refused), status=409)
    return redirect(f"/review/{again[0]}" if again else "/review")


@router.get("/review/{review_id}")
def one(request: Request, parts: Parts, person: Reviewer, review_id: int, left_out: LeftOut = 0) -> Response:
    """One payment. Who comes from the list claims it by the form that the page then sends."""
    return payment_page(request, parts, person, looked_at(parts, person, review_id), left_out=left_out)


@router.post("/review/{review_id}/claim")
def claim(request: Request, parts: Parts, person: Reviewer, review_id: int) -> Response:
    """Claims a payment where it is free, and begins a run where the person is in none; the part of the page
    where verdicts are given.
    """
    desk = desk_of(parts)
    try:
        opened = open_review(desk, person, known_id(review_id), parts.now())
    except NotFound as gone:
        raise HTTPException(404) from gone
    if opened.is_mine:
        join_run(desk, person, opened.review, parts.now())
    return render(request, "review/verdict.html.j2", verdict_context(parts, person, opened, is_claimed=True))


@router.post("/review/{review_id}/presence")
def presence(request: Request, parts: Parts, person: Reviewer, review_id: int) -> Response:
    """Notes that the person looks; who else does."""
    try:
        viewers = see(desk_of(parts), person, known_id(review_id), parts.now())
    except NotFound as gone:
        raise HTTPException(404) from gone
    return render(request, "review/viewers.html.j2", {"viewers": viewers})


@router.post("/review/{review_id}/verdict")
def verdict(
    request: Request,
    parts: Parts,
    person: Reviewer,
    review_id: int,
    conclusion: Annotated[Conclusion, Form()],
    reason: Text = "",
    seen: Annotated[int, Form(ge=0, le=10)] = 0,
    block: Annotated[str, Form(max_length=20)] = "",
    block_days: Annotated[int, Form(ge=1, le=30)] = 7,
    also: Annotated[list[Annotated[int, Form(ge=1, le=ID_MAX)]] | None, Form(max_length=200)] = None,
) -> Response:
    """Concludes, and opens the next payment."""
    desk, now = desk_of(parts), parts.now()
    entry = _entry(block, block_days) if conclusion is Conclusion.DECLINE else None
    chosen = several(desk, person, [known_id(review_id), *(also or ())], now)
    try:
        given = give(
            desk, person, review_id, conclusion, now,
            reason=reason, seen=seen, entry=entry, also=also or (),
            frauds=known_frauds(parts, person, chosen) if conclusion is Conclusion.APPROVE else {},
        )  # fmt: skip
    except ReviewRefused as refused:
        return refused_page(request, parts, person, review_id, refused)
    return _to_next(desk, person, parts, left_out=given.left_out)


@router.post("/review/{review_id}/escalate")
def hand_over(
    request: Request, parts: Parts, person: Escalator, review_id: int, reason: Text = ""
) -> Response:
    """Moves the payment to the escalation queue, and opens the next."""
    desk = desk_of(parts)
    try:
        escalate(desk, person, known_id(review_id), reason, parts.now())
    except ReviewRefused as refused:
        return refused_page(request, parts, person, review_id, refused)
    return _to_next(desk, person, parts)


@router.post("/review/{review_id}/pass")
def pass_over(parts: Parts, person: Reviewer, review_id: int) -> Response:
    """Leaves this one to others and opens the next."""
    return _to_next(desk_of(parts), person, parts, known_id(review_id))


@router.post("/review/{review_id}/note")
def note(request: Request, parts: Parts, person: Reviewer, review_id: int, note: Text = "") -> Response:
    """Adds a note."""
    try:
        add_note(desk_of(parts), person, known_id(review_id), note, parts.now())
    except ReviewRefused as refused:
        return refused_page(request, parts, person, review_id, refused)
    return redirect(f"/review/{review_id}")


def _to_next(
    desk: ReviewDesk, person: Person, parts: ConsoleParts, passed_over: int = -1, left_out: int = 0
) -> Response:
    opened = next_in_run(desk, person, parts.now(), passed_over)
    told = f"?left_out={left_out}" if left_out else ""
    return redirect("/review" + ("" if opened is None else f"/{opened.review.review_id}") + told)


def _entry(entity: str, days: int) -> ListEntry | None:
    found = next(((name, values) for name, values, _ in shown.BLOCKABLE if name == entity), None)
    return None if found is None else ListEntry(found[1], found[0], timedelta(days=days))
