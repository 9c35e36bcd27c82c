"""Rules: what is in effect with its figures, edited with checks, tried on the past, approved, published.

Nothing goes live from here that a second person has not approved (`desk.changes`).
"""

from dashboards.console.pages.page import Page
from dashboards.console.pages.rules.routes import router
from desk.accounts import Action

PAGE = Page("/rules", "Rules", Action.SEE_PAYMENTS, "u", router)
