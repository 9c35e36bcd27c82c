"""Who may do what, and what a browser may do with our pages.

Invariants
- Each route has exactly one gate: an action (`allowed`), any signed-in person (`signed_in`), or `anybody`.
- Whatever changes something comes from a page of ours (`Origin`) and carries the session's token for forms.
- Who sends slowly holds no place for long.
- What is typed holds nothing that is no text.
- Every answer carries the headers of `headers`; no redirect leads to another host, but for the one to the
  identity provider that the operator has set.
"""

from dashboards.console.security.cookies import (
    end_session,
    provider_flow,
    session_token,
    set_provider_flow,
    set_session,
)
from dashboards.console.security.csrf import CSRF_FIELD, CSRF_HEADER, check_form, form_token
from dashboards.console.security.gates import (
    Forbidden,
    RouteGate,
    SignInNeeded,
    allowed,
    anybody,
    person_of,
    signed_in,
)
from dashboards.console.security.guard import BODY_MAX, ConsoleGuard
from dashboards.console.security.own_paths import own_path, redirect, sign_in_address
from dashboards.console.security.slow_clients import PunctualProtocol
from dashboards.console.security.typed_text import check_text

__all__ = [
    "BODY_MAX",
    "CSRF_FIELD",
    "CSRF_HEADER",
    "ConsoleGuard",
    "Forbidden",
    "PunctualProtocol",
    "RouteGate",
    "SignInNeeded",
    "allowed",
    "anybody",
    "check_form",
    "check_text",
    "end_session",
    "form_token",
    "own_path",
    "person_of",
    "provider_flow",
    "redirect",
    "session_token",
    "set_provider_flow",
    "set_session",
    "sign_in_address",
    "signed_in",
]
