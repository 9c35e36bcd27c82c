"""Puts the console together: parts, guard, gates, pages and what is answered when something fails."""

from collections.abc import Iterable

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from dashboards.console import entrance, failures, search, views
from dashboards.console.design import static_routes
from dashboards.console.pages import Page, pages
from dashboards.console.parts import ConsoleParts
from dashboards.console.security import BODY_MAX, ConsoleGuard, check_form, check_text


def create_app(parts: ConsoleParts, shown: Iterable[Page] | None = None) -> FastAPI:
    """The application. `shown` is for tests: pages other than ours."""
    app = FastAPI(
        title="Tollgate",
        openapi_url=None,  # no description of our routes for strangers, and no page that loads scripts
        max_body_size=BODY_MAX,
        dependencies=[Depends(check_text), Depends(check_form)],
        middleware=[Middleware(GZipMiddleware)],
    )
    app.state.parts = parts
    app.state.pages = tuple(pages() if shown is None else shown)
    failures.install(app)
    app.include_router(entrance.router)
    app.include_router(search.router)
    app.include_router(views.router)
    for page in app.state.pages:
        app.include_router(page.router)
    app.router.routes.extend(static_routes())
    # Outside of everything, so that answers to faults and to bodies that are too large carry its headers too.
    app.middleware_stack = ConsoleGuard(app.build_middleware_stack(), parts.address)
    return app
