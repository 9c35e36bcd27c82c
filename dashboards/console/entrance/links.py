"""One-time links, by which a person sets a password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from dashboards.console.design import render
from dashboards.console.parts import Parts
from dashboards.console.security import anybody, end_session, redirect
from desk.accounts import LinkRefused, PasswordRefused, TooManyAttempts

router = APIRouter()
TOKEN_MAX = 200


@router.get("/link/{token}", dependencies=[Depends(anybody())])
def link_form(request: Request, token: str) -> Response:
    """The form. The link is not looked up: what opens addresses ahead of people neither uses nor tests it."""
    return _form(request, token)


@router.post("/link/{token}", dependencies=[Depends(anybody())])
def use_link(
    request: Request,
    parts: Parts,
    token: str,
    password: Annotated[str, Form(max_length=1_024)] = "",
    again: Annotated[str, Form(max_length=1_024)] = "",
) -> Response:
    """Sets the password and uses the link up; signing in comes next, with the password just chosen."""
    if password != again:
        return _form(request, token, "The two passwords are not the same.", status=422)
    try:
        parts.people.use_link(token[:TOKEN_MAX], password)
    except PasswordRefused as refusal:
        return _form(request, token, str(refusal), status=422)
    except (LinkRefused, TooManyAttempts) as refusal:
        status = 429 if isinstance(refusal, TooManyAttempts) else 410
        return _form(request, token, str(refusal), status=status)
    end_session(request)  # whoever used this browser before
    return redirect("/sign-in?after=set")


def _form(request: Request, token: str, failure: str = "", status: int = 200) -> Response:
    return render(request, "entrance/link.html.j2", {"token": token[:TOKEN_MAX], "failure": failure}, status)
