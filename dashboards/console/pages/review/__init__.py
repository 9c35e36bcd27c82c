"""Review: the queue of payments that wait for a person, and the one that is looked at."""

from dashboards.console.pages.page import Page
from dashboards.console.pages.review.routes import router
from desk.accounts import Action

PAGE = Page("/review", "Review", Action.REVIEW, "r", router)

__all__ = ["PAGE"]
