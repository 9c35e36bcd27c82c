"""Pipeline: how far the readers are behind, what batches held, and dead letters with what becomes of them."""

from dashboards.console.pages.page import Page
from dashboards.console.pages.pipeline.routes import router
from desk.accounts import Action

PAGE = Page("/pipeline", "Pipeline", Action.SEE_PIPELINE, "n", router)
