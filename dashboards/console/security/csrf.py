"""Forms are ours: each carries a token that follows from the session's, and comes from a page of ours.

The token is `nonce.hmac(session, nonce)`, another one on each page, so that it cannot be guessed from the
length of a compressed page.
"""

import hashlib
import hmac
import secrets
from typing import Final

from fastapi import Request

from dashboards.console.security.cookies import ensured_visit, session_token, visit_token
from dashboards.console.security.gates import Forbidden

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS"))
PURPOSE: Final = b"tollgate console form "


def form_token(request: Request) -> str:
    """The token for the forms of a page."""
    nonce = secrets.token_hex(8)
    return f"{nonce}.{_signature(session_token(request) or ensured_visit(request), nonce)}"


async def check_form(request: Request) -> None:
    """Raises Forbidden for a request that may change something and is not from a page of ours."""
    if request.method in SAFE:
        return
    if request.headers.get("origin", "") != _own_origin(request):
        raise Forbidden("This request did not come from a page of the console: open the page and try again")
    given = request.headers.get(CSRF_HEADER) or str((await request.form()).get(CSRF_FIELD) or "")
    nonce, _, signature = given.partition(".")
    bound_to = session_token(request) or visit_token(request)
    if not bound_to or not hmac.compare_digest(_signature(bound_to, nonce).encode(), signature.encode()):
        raise Forbidden("This page is out of date, most likely since you signed in again: load it again")


def _signature(bound_to: str, nonce: str) -> str:
    return hmac.new(bound_to.encode(), PURPOSE + nonce.encode(), hashlib.sha256).hexdigest()


def _own_origin(request: Request) -> str:
    address: str = request.app.state.parts.address
    return address or f"http://{request.headers.get('host', '')}"
