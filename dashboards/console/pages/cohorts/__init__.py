"""Cohorts: the fraud rate of each week's payments, and which merchants moved it.

Invariant: weeks are compared at the same age. What is known of a week is counted up to a chosen number of
days after its payments, so that an old week is not worse for having had more time; a week that is not that
old yet is marked.
"""

from dashboards.console.pages.cohorts.routes import router
from dashboards.console.pages.page import Page
from desk.people import Action

PAGE = Page("/cohorts", "Cohorts", Action.SEE_LIVE, "c", router)

__all__ = ["PAGE"]
