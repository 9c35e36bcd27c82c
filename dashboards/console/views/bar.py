"""What the bar of a list shows: its views, the chosen one, and whether the selection is still that view's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from dashboards.console.parts import ConsoleParts
from desk.people import Person
from desk.views import BadSelectionError, NamedView, NamedViews, Selection, selection_of

NO_VIEW: Final = "none"
LEFT_OUT: Final = frozenset({"view", "csrf", "page", "place"})
"""Fields of an address that are no part of a selection: the view, and where in the list one is."""


@dataclass(frozen=True)
class ViewBar:
    """The bar of one list for one person.

    page, path  the page's room, and where it is
    views       what the person can choose
    chosen      the view that the page was opened with
    selection   what the address says; None where it cannot be kept, which `fault` explains
    leads_to    where to go instead: the address of a view that was chosen by name, or that is the default
    scope       merchant accounts that are shown: the person's, narrowed by the selection
    """

    page: str
    path: str
    views: list[NamedView]
    chosen: NamedView | None
    selection: Selection | None
    fault: str
    leads_to: str
    scope: frozenset[str] | None

    @property
    def is_changed(self) -> bool:
        """Whether something else is chosen than the view says."""
        return self.chosen is not None and self.selection != self.chosen.selection

    @property
    def query(self) -> str:
        """The selection as the query of an address."""
        return self.selection.query() if self.selection else ""

    def address(self, view: NamedView) -> str:
        """Where the page shows a view."""
        return view_address(self.path, view)


def view_bar(
    request: Request, parts: ConsoleParts, person: Person, page: str, left_out: Iterable[str] = ()
) -> ViewBar:
    """The bar of the page that a request asks for. `left_out`: more fields that are no part of a
    selection.
    """
    views = NamedViews(parts.database, parts.now).of(person, page)
    named = request.query_params.get("view", "")
    pairs = _pairs(request, {*LEFT_OUT, *left_out})
    chosen = next((view for view in views if str(view.view_id) == named), None)
    selection, fault = _selection(pairs)
    path = request.url.path
    opened: NamedView | None
    if chosen and not pairs:
        opened = chosen
    elif not pairs and not named:
        opened = next((view for view in views if view.is_default), None)
    else:
        opened = None
    # A view that selects nothing is shown as it is: its address would lead back here.
    leads_to = view_address(path, opened) if opened and opened.selection != Selection() else ""
    if opened and not leads_to:
        chosen = opened
    scope = selection.accounts_for(person.accounts) if selection else person.accounts
    return ViewBar(page, path, views, chosen, selection, fault, leads_to, scope)


def view_address(path: str, view: NamedView) -> str:
    """Where a page shows a view: all of its selection stands in the address."""
    query = view.selection.query()
    return f"{path}?{query}&view={view.view_id}" if query else f"{path}?view={view.view_id}"


def _pairs(request: Request, left_out: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.query_params.multi_items() if name not in left_out]


def _selection(pairs: list[tuple[str, str]]) -> tuple[Selection | None, str]:
    try:
        return selection_of(pairs), ""
    except BadSelectionError as failure:
        return None, str(failure)
