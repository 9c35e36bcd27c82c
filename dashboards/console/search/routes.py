"""The search box's results, as one types, and as a page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from dashboards.console.design import render
from dashboards.console.pages import pages_of
from dashboards.console.parts import Parts
from dashboards.console.search.found import Finding, findings
from dashboards.console.security import redirect, signed_in
from desk.accounts import Person

router = APIRouter()
Oneself = Annotated[Person, Depends(signed_in())]
Typed = Annotated[str, Query(max_length=200)]


@router.get("/search")
def search(request: Request, parts: Parts, person: Oneself, q: Typed = "") -> Response:
    """The page of results. The whole id of one payment leads to that payment."""
    found = findings(parts, pages_of(request), person, q)
    exact = [each for each in found if each.is_exact]
    if len(exact) == 1:
        return redirect(exact[0].address)
    return render(request, "search/page.html.j2", {"q": q, "groups": _groups(found)})


@router.get("/search/results")
def results(request: Request, parts: Parts, person: Oneself, q: Typed = "") -> Response:
    """The results below the box."""
    found = findings(parts, pages_of(request), person, q)
    return render(request, "search/results.html.j2", {"q": q, "groups": _groups(found)})


def _groups(results: list[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for each in results:
        groups.setdefault(each.group, []).append(each)
    return groups
