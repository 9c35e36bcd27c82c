"""Where an answer may lead: to paths of our own."""

import re
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi.responses import RedirectResponse

LENGTH_MAX: Final = 2_000
SLASHES: Final = re.compile(r"(/|\\|%2f|%5c){2}", re.IGNORECASE)
"""How a path begins that browsers, or proxies that decode, take for another host. Behind three slashes
`urlsplit` finds none."""


def own_path(target: str, otherwise: str = "/") -> str:
    r"""`target` where it is a path of our own, else `otherwise`.

    >>> own_path("/payments?page=2"), own_path("//example.com"), own_path("https://example.com/x")
    ('/payments?page=2', '/', '/')
    >>> own_path("/\\example.com"), own_path("/a\nb"), own_path("javascript:alert(1)"), own_path("/a//b")
    ('/', '/', '/', '/')
    >>> own_path("///example.com"), own_path("/%2F/example.com"), own_path("/payments/a%2Fb")
    ('/', '/', '/payments/a%2Fb')
    """
    if len(target) > LENGTH_MAX or not target.isprintable() or "\\" in target or " " in target:
        return otherwise
    if SLASHES.match(target):
        return otherwise
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or "//" in parts.path:
        return otherwise
    return target


def redirect(target: str, otherwise: str = "/") -> RedirectResponse:
    """Leads to a path of our own by GET."""
    return RedirectResponse(own_path(target, otherwise), status_code=303)


def sign_in_address(then: str) -> str:
    """The sign-in page, which leads to `then` afterwards.

    >>> sign_in_address("/live?a=1"), sign_in_address("")
    ('/sign-in?then=%2Flive%3Fa%3D1', '/sign-in')
    """
    return f"/sign-in?{urlencode({'then': then})}" if then and then != "/" else "/sign-in"
