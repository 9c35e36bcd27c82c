"""The cookies: a session's token, before sign-in a random value that forms are bound to, and what was begun
at an identity provider.

A cookie that is set is kept with the request until its answer begins (`cookies_of`): whatever the answer is
to be, it brings the cookie, and what is read later in the same request is the new value.
"""

import secrets
from typing import Final

from fastapi import Request
from starlette.responses import Response
from starlette.types import Scope

VISIT: Final = "visit"
SESSION: Final = "session"
AGE_MAX_S: Final = 12 * 3_600
PROVIDER: Final = "provider"
LENGTH_MAX: Final = 256
PROVIDER_LENGTH_MAX: Final = 3_500
PROVIDER_AGE_S: Final = 600
"""So long somebody has to sign in at the identity provider."""
KEPT: Final = "console_cookies"


def session_token(request: Request) -> str:
    """The session's token; empty without one."""
    return _read(request, SESSION)


def set_session(request: Request, token: str) -> None:
    """Gives the browser a session's token."""
    _changed(request)[SESSION] = token


def end_session(request: Request) -> None:
    """Takes the session's token from the browser."""
    _changed(request)[SESSION] = ""


def visit_token(request: Request) -> str:
    """What forms are bound to where nobody has signed in; empty without one."""
    return _read(request, VISIT)


def ensured_visit(request: Request) -> str:
    """The same, made where the browser has none."""
    if not visit_token(request):
        _changed(request)[VISIT] = secrets.token_urlsafe(32)
    return visit_token(request)


def provider_flow(request: Request) -> str:
    """What this browser began at the identity provider; empty where nothing."""
    return _read(request, PROVIDER, PROVIDER_LENGTH_MAX)


def set_provider_flow(request: Request, value: str) -> None:
    """Keeps what was begun; empty: it has ended."""
    _changed(request)[PROVIDER] = value


def cookies_of(scope: Scope) -> list[str]:
    """What the answer of a request has to set, each as the value of a header."""
    changed: dict[str, str] = scope.get("state", {}).get(KEPT, {})
    if not changed:
        return []
    is_secure = _is_secure(Request(scope))
    return [_header(name, value, is_secure=is_secure) for name, value in changed.items()]


def _changed(request: Request) -> dict[str, str]:
    if not hasattr(request.state, KEPT):
        setattr(request.state, KEPT, {})
    changed: dict[str, str] = getattr(request.state, KEPT)
    return changed


def _read(request: Request, name: str, length_max: int = LENGTH_MAX) -> str:
    changed: dict[str, str] = getattr(request.state, KEPT, {})
    value = changed.get(name, request.cookies.get(_full(name, is_secure=_is_secure(request)), ""))
    return value if len(value) <= length_max else ""


def _is_secure(request: Request) -> bool:
    """Whether people reach us over TLS: said by the console's own address, never by a header."""
    return bool(request.app.state.parts.address.startswith("https://"))


def _full(name: str, *, is_secure: bool) -> str:
    """With this prefix a browser takes the cookie from this very host alone, and only over TLS."""
    return f"__Host-{name}" if is_secure else name


def _header(name: str, value: str, *, is_secure: bool) -> str:
    made = Response()
    made.set_cookie(
        _full(name, is_secure=is_secure),
        value,
        max_age=0 if not value else PROVIDER_AGE_S if name == PROVIDER else AGE_MAX_S,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )
    return made.headers["set-cookie"]
