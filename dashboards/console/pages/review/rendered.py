"""What the page Review answers with: the queue, one payment, and the part where verdicts are given."""

from typing import Any, Final

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from dashboards.console.design import render
from dashboards.console.pages import pages_of
from dashboards.console.pages.review import shown
from dashboards.console.pages.review.known_frauds import known_frauds_soon
from dashboards.console.parts import ConsoleParts
from dashboards.console.views import ViewBar
from desk.accounts import Action, Person
from desk.audit import AuditTrail
from desk.reviews import (
    NotFound,
    OpenedReview,
    QueueName,
    ReviewDesk,
    ReviewRefused,
    counts,
    lapsed,
    linked,
    look,
    rules_of,
    run_items,
    run_of,
    undoable,
    undone,
    waiting,
)

ID_MAX: Final = 2**63 - 1


def desk_of(parts: ConsoleParts) -> ReviewDesk:
    """The queue of the console's engine."""
    return ReviewDesk(parts.database, parts.engine, AuditTrail(parts.now), rules_of(parts.settings))


def known_id(review_id: int) -> int:
    """An id that the database can have."""
    if not 0 < review_id <= ID_MAX:
        raise HTTPException(404)
    return review_id


def looked_at(parts: ConsoleParts, person: Person, review_id: int) -> OpenedReview:
    """A payment on the screen, not claimed; not found where it is not to be seen."""
    try:
        return look(desk_of(parts), person, known_id(review_id), parts.now())
    except NotFound as gone:
        raise HTTPException(404) from gone


def queue_name(name: str) -> QueueName:
    """A queue by its name in an address; the main one for any other name."""
    return QueueName(name) if name in list(QueueName) else QueueName.MAIN


def queue_page(
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
    """The queue, or a part of it."""
    desk, now = desk_of(parts), parts.now()
    chosen = queue_name(name)
    rows = waiting(desk, person, now, chosen, search.strip(), only_overdue)
    context = {
        "counts": counts(desk, person, now),
        "rows": rows,
        "frauds": known_frauds_soon(parts, person, rows),
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


def refused_page(
    request: Request, parts: ConsoleParts, person: Person, review_id: int, refused: ReviewRefused
) -> Response:
    """The payment as it is now, and why nothing was done to it; not found where it is not to be seen."""
    opened = looked_at(parts, person, review_id)
    return payment_page(request, parts, person, opened, str(refused), 409)


def payment_page(
    request: Request,
    parts: ConsoleParts,
    person: Person,
    opened: OpenedReview,
    problem: str = "",
    status: int = 200,
    left_out: int = 0,
) -> Response:
    """One payment with everything that is said of it."""
    desk = desk_of(parts)
    context = {
        **verdict_context(parts, person, opened),
        "items": run_items(desk, person, parts.now()),
        "entities": shown.entities(opened.review, person),
        "viewers": opened.viewers,
        "has_story": any(page.path == "/payments" for page in pages_of(request)),
        "problem": problem,
        "left_out": left_out,
    }
    return render(request, "review/one.html.j2", context, status)


def verdict_context(
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
        "frauds": known_frauds_soon(parts, person, [review, *others]),
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
