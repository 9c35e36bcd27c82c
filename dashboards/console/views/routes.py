"""Routes that keep named views, for the bars of all lists."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Response

from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import Forbidden, allowed, redirect
from dashboards.console.views.bar import NO_VIEW, view_address
from desk.audit import AuditTrail
from desk.people import Action, Person
from desk.views import BadSelectionError, NamedViews, Selection, ViewRefusedError, selection_of

router = APIRouter(prefix="/views")

Keeper = Annotated[Person, Depends(allowed(Action.SAVE_QUERY))]
Sharer = Annotated[Person, Depends(allowed(Action.SHARE_VIEW))]
Viewer = Annotated[Person, Depends(allowed(Action.SEE_LIVE))]
Words = Annotated[str, Form(max_length=200)]
Room = Annotated[str, Form(pattern=r"^[a-z_]{1,40}$")]
Address = Annotated[str, Form(max_length=200, pattern=r"^/[a-z_/-]*$")]
Kept = Annotated[str, Form(max_length=16_000)]
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]


@router.post("/save")
def save(
    parts: Parts, person: Keeper, page: Room, path: Address, name: Words = "", query: Kept = ""
) -> Response:
    """Keeps the selection of a page under a name."""
    views = _views(parts)
    with _told():
        view_id = views.save(person, page, name, _selection(query))
        return redirect(view_address(path, views.find(person, view_id)))


@router.post("/{view_id}/overwrite")
def overwrite(
    parts: Parts, person: Keeper, view_id: UUID, version: Version, path: Address, query: Kept = ""
) -> Response:
    """Keeps the selection of a page under the name of a view that there is."""
    views = _views(parts)
    with _told():
        views.overwrite(person, view_id, version, _selection(query))
        return redirect(view_address(path, views.find(person, view_id)))


@router.post("/{view_id}/rename")
def rename(
    parts: Parts, person: Keeper, view_id: UUID, version: Version, path: Address, name: Words = ""
) -> Response:
    """Gives a view another name."""
    views = _views(parts)
    with _told():
        views.rename(person, view_id, version, name)
        return redirect(view_address(path, views.find(person, view_id)))


@router.post("/{view_id}/share")
def share(
    parts: Parts,
    person: Sharer,
    view_id: UUID,
    version: Version,
    path: Address,
    shared: Annotated[bool, Form()] = False,
) -> Response:
    """Shows a view to others, or no more."""
    views = _views(parts)
    with _told():
        views.share(person, view_id, version, is_shared=shared)
        found = views.find(person, view_id)
    with parts.database.transaction() as connection:
        action = "view_shared" if shared else "view_unshared"
        AuditTrail(parts.now).note(connection, person, action, f"view:{view_id}", {"name": found.name})
    return redirect(view_address(path, found))


@router.post("/{view_id}/default")
def make_default(
    parts: Parts,
    person: Viewer,
    view_id: UUID,
    page: Room,
    path: Address,
    is_default: Annotated[bool, Form()] = True,
) -> Response:
    """Lets the page open with a view for this person, or with none."""
    views = _views(parts)
    with _told():
        views.make_default(person, page, view_id if is_default else None)
        return redirect(view_address(path, views.find(person, view_id)))


@router.post("/{view_id}/delete")
def delete(parts: Parts, person: Keeper, view_id: UUID, path: Address) -> Response:
    """Forgets a view."""
    with _told():
        _views(parts).delete(person, view_id)
    return redirect(f"{urlsplit(path).path}?view={NO_VIEW}")


def _views(parts: ConsoleParts) -> NamedViews:
    return NamedViews(parts.database, parts.now)


def _selection(query: str) -> Selection:
    try:
        return selection_of(parse_qsl(query, max_num_fields=1_000))
    except (BadSelectionError, ValueError) as failure:
        raise HTTPException(422, detail=str(failure)) from None


@contextmanager
def _told() -> Iterator[None]:
    """What is refused, as a sentence."""
    try:
        yield
    except ViewRefusedError as refused:
        text = str(refused)
        raise Forbidden(f"{text[:1].upper()}{text[1:]}.") from None
