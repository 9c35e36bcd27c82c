"""Explore: SQL that reads the warehouse, its schema, saved queries, charts, CSV and links.

Only for people who see every merchant account: a statement can ask for any row. Invariant: a statement runs
as the warehouse's analyst, within limits, and is noted in the audit trail before it runs.
"""

from dashboards.console.pages.explore.routes import router
from dashboards.console.pages.page import Page
from desk.people import Action

PAGE = Page("/explore", "Explore", Action.EXPLORE, "e", router)

__all__ = ["PAGE"]
