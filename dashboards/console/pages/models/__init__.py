"""Models: champion and challenger with their figures; each change of them is a control on the log."""

from dashboards.console.pages.models.routes import router
from dashboards.console.pages.page import Page
from desk.accounts import Action

PAGE = Page("/models", "Models", Action.SEE_PAYMENTS, "m", router)
