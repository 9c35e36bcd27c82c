"""Signing in by an identity provider."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from dashboards.console.entrance.sign_in_form import sign_in_page
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.provider import IdentityProvider, ProviderDown, ProviderRefused, SignInFlow
from dashboards.console.security import (
    anybody,
    own_path,
    provider_flow,
    redirect,
    session_token,
    set_provider_flow,
    set_session,
)
from desk.accounts import NewSession, SignInRefused

log = logging.getLogger(__name__)
router = APIRouter()
NOT_OURS = (
    "your identity provider knows you, but you are nobody here yet: ask an administrator to let you in by it"
)
NOT_DONE = "signing in by your identity provider was not finished: start again from this page"
Answer = Annotated[str, Query(max_length=4_000)]


@router.get("/sign-in/provider", dependencies=[Depends(anybody())])
def leave(request: Request, parts: Parts, then: Annotated[str, Query(max_length=2_000)] = "") -> Response:
    """Sends the browser to the provider. The one answer that leads to another host: the operator's choice."""
    provider = _provider(parts)
    flow = SignInFlow.begun(own_path(then, ""))
    try:
        address = provider.address(flow)
    except ProviderDown as failure:
        log.warning("the identity provider %s: %s", provider.issuer, failure.reason)
        return sign_in_page(request, flow.then, failure=str(failure), status=503)
    set_provider_flow(request, flow.cookie)
    return RedirectResponse(address, status_code=303)


@router.get("/sign-in/provider/back", dependencies=[Depends(anybody())])
def come_back(
    request: Request, parts: Parts, state: Answer = "", code: Answer = "", error: Answer = ""
) -> Response:
    """Begins a session for whom the provider vouches for; what this browser began there ends in any case."""
    provider, flow = _provider(parts), SignInFlow.of_cookie(provider_flow(request))
    set_provider_flow(request, "")
    if flow is None or not flow.is_of(state) or error or not code:
        log.warning("signing in by %s was not finished: %s", provider.issuer, repr(error[:100]) or "no flow")
        return sign_in_page(request, failure=NOT_DONE, status=401)
    try:
        session = _session(parts, provider, flow, code)
    except (ProviderDown, ProviderRefused) as failure:
        log.warning("signing in by %s: %s", provider.issuer, failure.reason)
        status = 503 if isinstance(failure, ProviderDown) else 401
        return sign_in_page(request, flow.then, failure=str(failure), status=status)
    except SignInRefused:
        return sign_in_page(request, flow.then, failure=NOT_OURS, status=403)
    if earlier := session_token(request):
        parts.people.sign_out(earlier)
    set_session(request, session.token)
    return redirect(flow.then)


def _session(parts: ConsoleParts, provider: IdentityProvider, flow: SignInFlow, code: str) -> NewSession:
    who = provider.identity(flow, code)
    return parts.people.sign_in_by_provider(who.issuer, who.subject, who.name, parts.first_role)


def _provider(parts: ConsoleParts) -> IdentityProvider:
    if parts.provider is None:
        raise HTTPException(404)
    return parts.provider
