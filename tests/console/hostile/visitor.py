"""People who come to a running console, made for the attack and disabled after it."""

import html
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx
import pyotp

from desk.accounts import Accounts, Role
from tests.console.scene import FIELD, HEADER, TOKEN

PASSWORD: Final = "correct horse battery staple"


@dataclass
class Visitor:
    """One browser at the console."""

    address: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.address, timeout=30, follow_redirects=False)

    def token(self, page: str = "/account") -> str:
        """The token for forms on a page."""
        text = self.client.get(page).text
        found = FIELD.search(text)
        if found:
            return found[1]
        header = HEADER.search(text)
        token = TOKEN.search(html.unescape(header[1])) if header else None
        assert token, f"{page} has no form"
        return token[1]

    def post(self, path: str, fields: dict[str, Any], page: str = "/account") -> httpx.Response:
        """A form, as the browser sends it that has `page` open."""
        sent = {**fields, "csrf": self.token(page)}
        return self.client.post(path, data=sent, headers={"origin": self.address})

    def sign_in(self, name: str, code: str = "") -> httpx.Response:
        """With the password that all of them have."""
        return self.post("/sign-in", {"name": name, "password": PASSWORD, "totp_code": code}, "/sign-in")


@dataclass
class Guests:
    """Makes people, and lets them in."""

    accounts: Accounts
    address: str
    made: list[UUID] = field(default_factory=list)
    opened: list[Visitor] = field(default_factory=list)

    def person(self, *roles: Role, scope: frozenset[str] | None = None) -> str:
        """The name of a new person who has a password."""
        name = f"hostile-{secrets.token_hex(4)}"
        user_id, token = self.accounts.new_person(name, roles, scope)
        self.made.append(user_id)
        self.accounts.use_link(token, PASSWORD)
        return name

    def visitor(self) -> Visitor:
        """A browser in which nobody is signed in."""
        self.opened.append(Visitor(self.address))
        return self.opened[-1]

    def let_in(self, *roles: Role, scope: frozenset[str] | None = None) -> Visitor:
        """A browser in which somebody new is signed in."""
        visitor = self.visitor()
        answer = visitor.sign_in(self.person(*roles, scope=scope))
        assert answer.status_code == 303, answer.text[:500]
        return visitor

    def enrol(self, visitor: Visitor) -> pyotp.TOTP:
        """An authenticator app through the pages."""
        page = visitor.post("/account/app", {}).text
        app = pyotp.TOTP("".join(page.partition('class="secret">')[2].partition("<")[0].split()))
        import time

        answer = visitor.post("/account/app/confirm", {"code": app.at(time.time())})
        assert answer.status_code == 303, answer.text[:500]
        return app


@contextmanager
def guests(accounts: Accounts, address: str) -> Iterator[Guests]:
    """Everybody who was made is disabled in the end."""
    made = Guests(accounts, address)
    try:
        yield made
    finally:
        for visitor in made.opened:
            visitor.client.close()
        for user_id in made.made:
            accounts.disable(user_id)
