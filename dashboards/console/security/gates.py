"""Gates of routes: each route has exactly one, found among its dependencies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from fastapi import Request

from dashboards.console.security.cookies import session_token, set_session
from dashboards.console.warehouse import is_asked_by
from desk.accounts import Action, Person


class SignInNeeded(Exception):  # noqa: N818 - what is needed
    """Nobody is signed in: the answer leads to the sign-in page."""


class Forbidden(Exception):  # noqa: N818 - what it is
    """A person may not do this; the message says why and what to do."""


@dataclass(frozen=True)
class RouteGate:
    """Who may use a route. As a dependency it gives the person who asks.

    action  what the person must be allowed to do; None for anything
    open    whether nobody needs to be signed in
    """

    action: Action | None = None
    open: bool = False

    def __call__(self, request: Request) -> Any:
        person = person_of(request)
        if self.open:
            return person
        if person is None:
            raise SignInNeeded
        if self.action is not None and not person.may(self.action):
            raise Forbidden(
                f"Your roles do not include this ({self.action.replace('_', ' ')}): ask an administrator"
            )
        return person


def allowed(action: Action) -> Callable[[Request], Person]:
    """Only people who may do `action`; gives the person."""
    return RouteGate(action)


def signed_in() -> Callable[[Request], Person]:
    """Anybody who is signed in: for what belongs to oneself alone."""
    return RouteGate()


def anybody() -> Callable[[Request], Person | None]:
    """No sign-in needed."""
    return RouteGate(open=True)


def person_of(request: Request) -> Person | None:
    """Who asks; looked up once a request, and kept for the page's frame."""
    if not hasattr(request.state, "session"):
        token = session_token(request)
        request.state.session = request.app.state.parts.people.person_of(token) if token else None
        if request.state.session is not None and request.state.session.new_token is not None:
            set_session(request, request.state.session.new_token)
    session = request.state.session
    if session is None:
        return None
    is_asked_by(session.person.user_id)
    return cast(Person, session.person)
