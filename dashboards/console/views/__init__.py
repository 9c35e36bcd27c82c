"""Named views on every list: a bar to choose, save, rename, overwrite and share them, and to open a page with
one.

A list keeps its selection in its address (`desk.views.selection`). Its route asks for the bar first:

    bar = view_bar(request, parts, person, "payments")
    if bar.leads_to:
        return redirect(bar.leads_to)
    rows = parts.warehouse.rows("payments/selection", {...}, bar.scope)

and its template draws it, with `{% import "views/bar.html.j2" as views with context %}`:
`{{ views.styles() }}` among its styles, `{{ views.bar(bar) }}` above its filters.

Invariant: a view narrows what its reader sees and never widens it: `bar.scope` is within the person's
accounts.
"""

from dashboards.console.views.bar import ViewBar, view_bar
from dashboards.console.views.routes import router

__all__ = ["ViewBar", "router", "view_bar"]
