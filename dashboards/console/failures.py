"""What people see when something fails: a page that says what happened and what to do, or a part of one."""

import logging
import secrets
from contextlib import suppress
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from dashboards.console.design import is_fragment, render, sentence_text
from dashboards.console.security import (
    Forbidden,
    SignInNeeded,
    own_path,
    person_of,
    sign_in_address,
)
from dashboards.console.warehouse import NoMerchantAccount, ReaderBusy, WarehouseRefused, WarehouseSlow
from desk.accounts import AccountRefused, LinkRefused, PasswordRefused, SignInRefused, TooManyAttempts
from streams.errors import Outage, TollgateError

log = logging.getLogger(__name__)

TITLES: Final[dict[int, tuple[str, str]]] = {
    400: ("That was not understood", "Something in the address or the form is not as it must be."),
    404: ("There is nothing here", "The address may be mistyped, or what it led to is gone."),
    405: ("That cannot be done here", "Go back to the page and use its buttons."),
    408: ("That took too long", "The form did not arrive in time: send it again."),
    413: ("That is too large", "A request may hold 1 MiB at most."),
}


def install(app: FastAPI) -> None:
    """Adds an answer for each way to fail."""
    app.add_exception_handler(SignInNeeded, sign_in_needed)
    app.add_exception_handler(Forbidden, forbidden)
    app.add_exception_handler(HTTPException, http_failure)
    app.add_exception_handler(RequestValidationError, not_understood)
    app.add_exception_handler(TollgateError, failed)
    app.add_exception_handler(Exception, bug)


def sign_in_needed(request: Request, _: Exception) -> Response:
    """Leads to the sign-in page, and from there back to a page that was asked for."""
    came_from = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if is_fragment(request):
        return Response(status_code=401, headers={"hx-redirect": sign_in_address("")})
    target = sign_in_address(own_path(came_from, "") if request.method == "GET" else "")
    return RedirectResponse(target, status_code=303)


def forbidden(request: Request, failure: Exception) -> Response:
    """403, with what to do."""
    return told(request, 403, "You may not do this", str(failure))


def http_failure(request: Request, failure: Exception) -> Response:
    """404 and its like."""
    assert isinstance(failure, HTTPException)
    status = failure.status_code
    title, text = TITLES.get(status, TITLES[400] if status < 500 else ("Something failed", "Try again."))
    own_words = status not in TITLES and isinstance(failure.detail, str)
    return told(request, status, title, failure.detail if own_words else text)


def not_understood(request: Request, failure: Exception) -> Response:
    """422: which field, and what is wrong with it; what was typed is not repeated."""
    assert isinstance(failure, RequestValidationError)
    problems = [f"{each['loc'][-1]}: {each['msg']}" for each in failure.errors()[:5]]
    return told(request, 422, TITLES[400][0], "; ".join(problems))


def failed(request: Request, failure: Exception) -> Response:
    """One of our own errors: its message says what to do."""
    if isinstance(failure, NoMerchantAccount):
        return told(request, 403, "No merchant account", str(failure))
    if isinstance(failure, ReaderBusy | WarehouseSlow):
        return told(request, 503, "The warehouse needs longer", str(failure), {"retry-after": "5"})
    if isinstance(failure, WarehouseRefused):
        log.error("the warehouse refused a query of %s: %s", request.url.path, failure)
        return told(
            request, 500, "The warehouse refused a question", "This is a fault of ours; the log has it."
        )
    if isinstance(failure, TooManyAttempts):
        return told(
            request, 429, "Too many attempts", str(failure), {"retry-after": str(failure.retry_after_s)}
        )
    if isinstance(failure, AccountRefused | LinkRefused | PasswordRefused | SignInRefused):
        return told(request, 409, "That cannot be done", str(failure))
    if isinstance(failure, Outage):
        log.warning("%s: %s", request.url.path, failure)
        is_known = getattr(request.state, "session", None) is not None
        text = str(failure) if is_known else "The operator's `tollgate status` shows what."
        return told(request, 503, "Something is not running", text, {"retry-after": "10"})
    log.error("%s: %s", request.url.path, failure)
    return told(request, 500, "Something is not set up", str(failure))


def bug(request: Request, failure: Exception) -> Response:
    """A fault of ours, by a number that the log has too."""
    number = secrets.token_hex(4)
    log.error("fault %s at %s", number, request.url.path, exc_info=failure)
    text = f"It has been noted as {number}; payments are not touched by it"
    return told(request, 500, "This is a fault of ours", text)


def told(
    request: Request, status: int, title: str, text: str, headers: dict[str, str] | None = None
) -> Response:
    """The page of a failure; a part of a page where htmx asked for one; a line for whoever reads no HTML."""
    with suppress(TollgateError):  # who asks shapes the page; where nobody can be looked up, nobody asks
        person_of(request)
    context: dict[str, Any] = {"status": status, "title": title, "text": sentence_text(text)}
    if "text/html" in request.headers.get("accept", "*/*") or is_fragment(request):
        template = "failure_part.html.j2" if is_fragment(request) else "failure.html.j2"
        answer: Response = render(request, template, context, status)
    else:
        answer = PlainTextResponse(f"{title}: {text}\n", status)
    answer.headers.update(headers or {})
    return answer
