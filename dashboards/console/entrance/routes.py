"""The first page, sign-in and sign-out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from dashboards.console.entrance.account import router as account_router
from dashboards.console.entrance.by_provider import router as provider_router
from dashboards.console.entrance.links import router as link_router
from dashboards.console.entrance.sign_in_form import sign_in_page
from dashboards.console.pages import pages_of
from dashboards.console.parts import Parts
from dashboards.console.security import (
    anybody,
    end_session,
    redirect,
    session_token,
    set_session,
    signed_in,
)
from desk.accounts import Person, SignInRefused, TooManyAttempts

router = APIRouter()
router.include_router(link_router)
router.include_router(account_router)
router.include_router(provider_router)
WORDS = {"out": "You are signed out.", "set": "Your password is set: sign in with it."}
"""What the page says, by what came before."""


@router.get("/")
def first(request: Request, person: Annotated[Person, Depends(signed_in())]) -> Response:
    """The first page of the navigation that a person may see, else their own account."""
    return redirect(next((page.path for page in pages_of(request) if person.may(page.action)), "/account"))


@router.get("/sign-in")
def sign_in_form(
    request: Request, person: Annotated[Person | None, Depends(anybody())], then: str = "", after: str = ""
) -> Response:
    """The form; whoever is signed in already is led on."""
    if person is not None:
        return redirect(then)
    return sign_in_page(request, then, words=WORDS.get(after, ""))


@router.post("/sign-in", dependencies=[Depends(anybody())])
def sign_in(
    request: Request,
    parts: Parts,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1_024)] = "",
    totp_code: Annotated[str, Form(max_length=12)] = "",
    then: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Begins a session, with a token that nobody had before; one that the browser had ends."""
    address = request.client.host if request.client else ""
    earlier = session_token(request)
    try:
        session = parts.people.sign_in(name, password, totp_code, address)
    except SignInRefused as refusal:
        return sign_in_page(request, then, name, str(refusal), status=401)
    except TooManyAttempts as refusal:
        answer = sign_in_page(request, then, name, str(refusal), status=429)
        answer.headers["retry-after"] = str(refusal.retry_after_s)
        return answer
    if earlier:
        parts.people.sign_out(earlier)
    set_session(request, session.token)
    return redirect(then)


@router.post("/sign-out", dependencies=[Depends(anybody())])
def sign_out(request: Request, parts: Parts) -> Response:
    """Ends this session, there and in the browser."""
    if token := session_token(request):
        parts.people.sign_out(token)
    end_session(request)
    response = redirect("/sign-in?after=out")
    response.headers["clear-site-data"] = '"cache"'
    return response
