"""The sign-in page."""

from fastapi import Request, Response

from dashboards.console.design import render
from dashboards.console.parts import parts_of
from dashboards.console.security import own_path


def sign_in_page(
    request: Request, then: str = "", name: str = "", failure: str = "", words: str = "", status: int = 200
) -> Response:
    """The form, and where one is set the way by the identity provider. then: the path to go on to."""
    known = {
        "then": own_path(then, ""), "name": name, "failure": failure, "words": words,
        "by_provider": parts_of(request).provider is not None,
    }  # fmt: skip
    return render(request, "entrance/sign_in.html.j2", known, status)
