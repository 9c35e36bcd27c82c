"""Meters: how near merchants and acquirers are to the levels of scheme programmes, and the legal entity to
those of the exemption for transaction risk; how many days are left, and what to do.

Invariant: a page computes nothing. Readings are those of `tollgate meters` and `tollgate report`, made once
for everybody by `MeterDesk`; a person sees those whose payments are all theirs to see.
"""

from dashboards.console.pages.meters.routes import router
from dashboards.console.pages.page import Page
from desk.people import Action

PAGE = Page("/meters", "Meters", Action.SEE_LIVE, "t", router)

__all__ = ["PAGE"]
