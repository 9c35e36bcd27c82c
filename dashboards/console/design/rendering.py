"""Makes pages from templates. A page's own are in its room; those that all share are here."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from dashboards.console.design import formats
from dashboards.console.design.icons import icon
from dashboards.console.design.static_files import static_address
from dashboards.console.pages import Page, pages_of
from dashboards.console.security import CSRF_FIELD, CSRF_HEADER, form_token
from desk.accounts import Action

CONSOLE: Final = Path(__file__).parent.parent
SHARED: Final = Path(__file__).parent / "templates"
THEMES: Final = ("light", "dark")


def render(
    request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """A page, or a part of one. Besides `context` a template knows what `frame` gives."""
    text = environment().get_template(template).render({**frame(request), **(context or {})})
    return HTMLResponse(text, status_code=status)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page rather than a person for a page."""
    return request.headers.get("hx-request") == "true" and "hx-boosted" not in request.headers


def frame(request: Request) -> dict[str, Any]:
    """What every template knows: who asks, where they may go, the token for forms, the time."""
    session = getattr(request.state, "session", None)
    person = None if session is None else session.person
    theme = request.cookies.get("theme", "")
    return {
        "request": request,
        "person": person,
        "session": session,
        "navigation": []
        if person is None
        else [page for page in pages_of(request) if person.may(page.action)],
        "here": _here(request),
        "may": lambda action: person is not None and person.may(Action(action)),
        "csrf": FormToken(request),
        "theme": theme if theme in THEMES else "",
        "engine": request.app.state.parts.engine,
        "now": request.app.state.parts.now(),
    }


class FormToken:
    """The token for forms, made when a template uses it. `{{ csrf.field }}` stands in each form."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @property
    def field(self) -> Markup:
        """The hidden field of a form."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(
            CSRF_FIELD, form_token(self._request)
        )

    @property
    def headers(self) -> dict[str, str]:
        """For `hx-headers` of the page's body."""
        return {CSRF_HEADER: form_token(self._request)}


def source(template: str) -> str | None:
    """`base.html.j2` is shared; `live/page.html.j2` is in the room of the page Live."""
    room, _, name = template.partition("/")
    own = CONSOLE / "pages" / room
    folder = (own if own.is_dir() else CONSOLE / room) / "templates"
    path = folder / name if name else SHARED / template
    return path.read_text(encoding="utf-8") if path.is_file() else None


@cache
def environment() -> Environment:
    """Undefined names are errors, and whatever is not markup of ours is escaped."""
    made = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"static": static_address, "icon": icon}
    made.filters |= {
        "amount": formats.amount_text,
        "count": formats.count_text,
        "counted": formats.counted_text,
        "short": formats.short_text,
        "share": formats.share_text,
        "rate": formats.rate_text,
        "time": formats.time_text,
        "machine_time": formats.machine_time,
        "ago": formats.ago_text,
        "sentence": formats.sentence_text,
        "groups": formats.groups_text,
        "duration": formats.duration_text,
    }
    return made


def _here(request: Request) -> Page | None:
    path = request.url.path
    shown = pages_of(request)
    return next((page for page in shown if path == page.path or path.startswith(f"{page.path}/")), None)
