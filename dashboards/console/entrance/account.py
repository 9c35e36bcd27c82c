"""One's own account: password, authenticator app, sessions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response

from dashboards.console.design import render
from dashboards.console.parts import Parts
from dashboards.console.security import end_session, redirect, set_session, signed_in
from desk.accounts import AccountRefused, PasswordRefused, Person, SignInRefused, TooManyAttempts

router = APIRouter()
Oneself = Annotated[Person, Depends(signed_in())]
WORDS = {
    "password": "Your password is changed.",
    "app": "Signing in asks for a code of your app from now on.",
}
WRONG_CODE = "That code is not right: give the one that your app shows now."


@router.get("/account")
def account(request: Request, person: Oneself, after: str = "") -> Response:  # noqa: ARG001
    """Who one is, and what one can change oneself."""
    return _page(request, words=WORDS.get(after, ""))


@router.post("/account/password")
def change_password(
    request: Request,
    parts: Parts,
    person: Oneself,
    current: Annotated[str, Form(max_length=1_024)] = "",
    password: Annotated[str, Form(max_length=1_024)] = "",
    again: Annotated[str, Form(max_length=1_024)] = "",
) -> Response:
    """Changes one's password. All sessions end; this browser gets a new one."""
    if password != again:
        return _page(request, {"again": "The two passwords are not the same."}, status=422)
    address = request.client.host if request.client else ""
    try:
        session = parts.people.change_password(person.user_id, current, password, address)
    except SignInRefused:
        return _page(request, {"current": "That is not your password."}, status=422)
    except PasswordRefused as refusal:
        return _page(request, {"password": str(refusal)}, status=422)
    except TooManyAttempts as refusal:
        return _page(request, {"current": str(refusal)}, status=429)
    set_session(request, session.token)
    return redirect("/account?after=password")


@router.post("/account/app")
def begin_app(request: Request, parts: Parts, person: Oneself) -> Response:
    """Shows the secret that an authenticator app is given; it holds once a code was confirmed."""
    try:
        enrolment = parts.people.enrol_totp(person.user_id)
    except AccountRefused as refusal:
        return _page(request, {"app": str(refusal)}, status=409)
    known = {"secret": enrolment.secret, "uri": enrolment.uri, "picture": _qr_code(enrolment.uri)}
    return render(request, "entrance/app.html.j2", known)


@router.post("/account/app/confirm")
def confirm_app(
    request: Request, parts: Parts, person: Oneself, code: Annotated[str, Form(max_length=12)] = ""
) -> Response:
    """From here on signing in needs a code."""
    if parts.people.confirm_totp(person.user_id, code):
        return redirect("/account?after=app")
    return _page(request, {"app": WRONG_CODE}, status=422)


@router.post("/account/sessions/end")
def end_sessions(request: Request, parts: Parts, person: Oneself) -> Response:
    """Signs out everywhere, here too."""
    parts.people.end_all_sessions(person.user_id, person)
    end_session(request)
    return redirect("/sign-in?after=out")


def _qr_code(uri: str) -> str:
    """A picture for the camera of a phone, made here: SVG within the page, the secret goes nowhere else."""
    import segno

    picture = segno.make(uri, error="m", micro=False)
    return str(picture.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def _page(
    request: Request, failures: dict[str, str] | None = None, words: str = "", status: int = 200
) -> Response:
    told: dict[str, Any] = {"current": "", "password": "", "again": "", "app": "", **(failures or {})}
    known = {"failures": told, "words": words}
    return render(request, "entrance/account.html.j2", known, status)
