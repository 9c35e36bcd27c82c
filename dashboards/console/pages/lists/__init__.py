"""Lists: who is blocked, allowed and watched, by whom and why; each change is a control on the log."""

from dashboards.console.pages.lists.routes import router
from dashboards.console.pages.page import Page
from desk.accounts import Action

PAGE = Page("/lists", "Lists", Action.SEE_TOKENS, "i", router)
