"""Review: list, one payment, and what is done to it.

Looking is a GET and claims nothing; whatever claims, judges or notes is a POST of a form of ours. A verdict
leads to the next payment of the run, so that a reviewer's way is one key a payment.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.exceptions import HTTPException

from dashboards.console.design import render
from dashboards.console.pages import pages_of
from dashboards.console.pages.review import shown
from dashboards.console.pages.review.known_frauds import known_frauds
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import ViewBar, view_bar
from desk.accounts import Action, Person
from desk.audit import AuditTrail
from desk.reviews import (
    Conclusion,
    ListEntry,
    NotFound,
    OpenedReview,
    QueueName,
    ReviewDesk,
    ReviewRefused,
    add_note,
    counts,
    escalate,
    give,
    join_run,
    lapsed,
    linked,
    look,
    next_in_run,
    open_review,
    release,
    rules_of,
    run_items,
    run_of,
    see,
    several,
    start_run,
    undo,
    undoable,
    undone,
    waiting,
)

router = APIRouter()
Reviewer = Annotated[Person, Depends(allowed(Action.REVIEW))]
Escalator = Annotated[Person, Depends(allowed(Action.ESCALATE))]
Text = Annotated[str, Form(max_length=4_000)]
ID_MAX: Final = 2**63 - 1
LeftOut = Annotated[int, Query(ge=0, le=50)]
"""How many linked payments a verdict did not reach."""


def desk_of(parts: ConsoleParts) -> ReviewDesk:
    """The queue of the console's engine."""
    return ReviewDesk(parts.database, parts.engine, AuditTrail(parts.now), rules_of(parts.settings))


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
    bar = view_bar(request, parts, person, "review")
    if bar.leads_to:
        return redirect(bar.leads_to)
    return _queue(request, parts, person, bar, queue, q[:200], overdue == "1", left_out=left_out)


@router.post("/review/run")
def begin(parts: Parts, person: Reviewer, queue: Annotated[str, Form(max_length=20)] = "main") -> Response:
    """Begins a run and opens its first payment."""
    desk = desk_of(parts)
    start_run(desk, person, parts.now(), _queue_name(queue))
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
            return _refused(request, parts, person, here, refused)
        bar = replace(view_bar(request, parts, person, "review"), path="/review")
        return _queue(request, parts, person, bar, problem=str(refused), status=409)
    return redirect(f"/review/{again[0]}" if again else "/review")


@router.get("/review/{review_id}")
def one(request: Request, parts: Parts, person: Reviewer, review_id: int, left_out: LeftOut = 0) -> Response:
    """One payment. Who comes from the list claims it by the form that the page then sends."""
    return _page(request, parts, person, _looked_at(parts, person, review_id), left_out=left_out)


@router.post("/review/{review_id}/claim")
def claim(request: Request, parts: Parts, person: Reviewer, review_id: int) -> Response:
    """Claims a payment where it is free, and begins a run where the person is in none; the part of the page
    where verdicts are given.
    """
    desk = desk_of(parts)
    try:
        opened = open_review(desk, person, _known(review_id), parts.now())
    except NotFound as gone:
        raise HTTPException(404) from gone
    if opened.is_mine:
        join_run(desk, person, opened.review, parts.now())
    return render(request, "review/verdict.html.j2", _verdict_context(parts, person, opened, is_claimed=True))


@router.post("/review/{review_id}/presence")
def presence(request: Request, parts: Parts, person: Reviewer, review_id: int) -> Response:
    """Notes that the person looks; who else does."""
    try:
        viewers = see(desk_of(parts), person, _known(review_id), parts.now())
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
    chosen = several(desk, person, [_known(review_id), *(also or ())], now)
    try:
        given = give(
            desk, person, review_id, conclusion, now,
            reason=reason, seen=seen, entry=entry, also=also or (),
            frauds=known_frauds(parts, person, chosen) if conclusion is Conclusion.APPROVE else {},
        )  # fmt: skip
    except ReviewRefused as refused:
        return _refused(request, parts, person, review_id, refused)
    return _to_next(desk, person, parts, left_out=given.left_out)


@router.post("/review/{review_id}/escalate")
def hand_over(
    request: Request, parts: Parts, person: Escalator, review_id: int, reason: Text = ""
) -> Response:
    """Moves the payment to the escalation queue, and opens the next."""
    desk = desk_of(parts)
    try:
        escalate(desk, person, _known(review_id), reason, parts.now())
    except ReviewRefused as refused:
        return _refused(request, parts, person, review_id, refused)
    return _to_next(desk, person, parts)


@router.post("/review/{review_id}/pass")
def pass_over(parts: Parts, person: Reviewer, review_id: int) -> Response:
    """Leaves this one to others and opens the next."""
    return _to_next(desk_of(parts), person, parts, _known(review_id))


@router.post("/review/{review_id}/note")
def note(request: Request, parts: Parts, person: Reviewer, review_id: int, note: Text = "") -> Response:
    """Adds a note."""
    try:
        add_note(desk_of(parts), person, _known(review_id), note, parts.now())
    except ReviewRefused as refused:
        return _refused(request, parts, person, review_id, refused)
    return redirect(f"/review/{review_id}")


def _known(review_id: int) -> int:
    """An id that the database can have."""
    if not 0 < review_id <= ID_MAX:
        raise HTTPException(404)
    return review_id


def _looked_at(parts: ConsoleParts, person: Person, review_id: int) -> OpenedReview:
    try:
        return look(desk_of(parts), person, _known(review_id), parts.now())
    except NotFound as gone:
        raise HTTPException(404) from gone


def _to_next(
    desk: ReviewDesk, person: Person, parts: ConsoleParts, passed_over: int = -1, left_out: int = 0
) -> Response:
    opened = next_in_run(desk, person, parts.now(), passed_over)
    told = f"?left_out={left_out}" if left_out else ""
    return redirect("/review" + ("" if opened is None else f"/{opened.review.review_id}") + told)


def _queue_name(name: str) -> QueueName:
    return QueueName(name) if name in list(QueueName) else QueueName.MAIN


def _entry(entity: str, days: int) -> ListEntry | None:
    found = next(((name, values) for name, values, _ in shown.BLOCKABLE if name == entity), None)
    return None if found is None else ListEntry(found[1], found[0], timedelta(days=days))


def _queue(
    request: Request,
    parts: ConsoleParts,
    person: Person,
    bar: ViewBar,
    name: str = "main",
    search: str = "",
    only_overdue: bool = False,
    problem: str = "",
    status: int = 200,
    left_out: int = 0,
) -> Response:
    desk, now = desk_of(parts), parts.now()
    chosen = _queue_name(name)
    rows = waiting(desk, person, now, chosen, search.strip(), only_overdue)
    context = {
        "counts": counts(desk, person, now),
        "rows": rows,
        "frauds": known_frauds(parts, person, rows),
        "lapsed": lapsed(desk, person, now),
        "run": run_of(desk, person, now),
        "queue": chosen,
        "search": search,
        "only_overdue": only_overdue,
        "bar": bar,
        "takes_large": person.may(Action.REVIEW_LARGE),
        "problem": problem,
        "left_out": left_out,
    }
    return render(request, "review/page.html.j2", _shared(parts, person) | context, status)


def _refused(
    request: Request, parts: ConsoleParts, person: Person, review_id: int, refused: ReviewRefused
) -> Response:
    """The payment as it is now, and why nothing was done to it; not found where it is not to be seen."""
    opened = _looked_at(parts, person, review_id)
    return _page(request, parts, person, opened, str(refused), 409)


def _page(
    request: Request,
    parts: ConsoleParts,
    person: Person,
    opened: OpenedReview,
    problem: str = "",
    status: int = 200,
    left_out: int = 0,
) -> Response:
    desk = desk_of(parts)
    context = {
        **_verdict_context(parts, person, opened),
        "items": run_items(desk, person, parts.now()),
        "entities": shown.entities(opened.review, person),
        "viewers": opened.viewers,
        "has_story": any(page.path == "/payments" for page in pages_of(request)),
        "problem": problem,
        "left_out": left_out,
    }
    return render(request, "review/one.html.j2", context, status)


def _verdict_context(
    parts: ConsoleParts, person: Person, opened: OpenedReview, *, is_claimed: bool = False
) -> dict[str, Any]:
    """What the form of a verdict shows. `is_claimed`: it was tried already, by the page that is there."""
    desk, now = desk_of(parts), parts.now()
    review = opened.review
    has_said = any(each.person_id == person.user_id for each in opened.verdicts)
    is_free = review.is_open and not opened.is_mine and review.holder(now) is None and not is_claimed
    others = linked(desk, person, review, now) if opened.is_mine else []
    return {
        **_shared(parts, person),
        "opened": opened,
        "review": review,
        "linked": others,
        "frauds": known_frauds(parts, person, [review, *others]),
        "run": run_of(desk, person, now, review.review_id),
        "is_late": is_claimed,
        "blockable": shown.blockable(review, person),
        "claims": is_free and not has_said,
        "has_said": has_said,
        "may_escalate": person.may(Action.ESCALATE) and review.queue is QueueName.MAIN,
    }


def _shared(parts: ConsoleParts, person: Person) -> dict[str, Any]:
    desk, now = desk_of(parts), parts.now()
    return {
        "shown": shown,
        "rules": desk.rules,
        "undoable": undoable(desk, person, now),
        "undone": undone(desk, person, now),
        "is_late": False,
    }
