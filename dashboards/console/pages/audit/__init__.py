"""Audit: who saw and did what, filtered, and as CSV."""

from dashboards.console.pages.audit.routes import router
from dashboards.console.pages.page import Page
from desk.accounts import Action

PAGE = Page("/audit", "Audit", Action.SEE_AUDIT, "a", router)
