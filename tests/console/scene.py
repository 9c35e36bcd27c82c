"""A console without servers: fakes of the people and of the warehouse, and a browser's client.

scene = Scene(roles=[Role.ANALYST])
scene.warehouse.answers["live/by_minute"] = Rows(("minute", "n"), [...])
page = scene.client.get("/live")
scene.post("/rules/publish", {"reason": "..."})
"""

import html
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from dashboards.console import ConsoleParts, create_app
from dashboards.console.pages import Page
from dashboards.console.warehouse import NoMerchantAccount, Rows, WarehouseReader
from desk.accounts import (
    Account,
    AccountRefused,
    LinkRefused,
    NewSession,
    PasswordRefused,
    Person,
    Role,
    SessionPerson,
    SignInRefused,
    TotpEnrolment,
)
from tests.console.web_client import TestClient

NOW: Final = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
ORIGIN: Final = "http://127.0.0.1"
FIELD: Final = re.compile(r'name="csrf" value="([^"]+)"')
HEADER: Final = re.compile(r'hx-headers="([^"]+)"')
TOKEN: Final = re.compile(r'"X-CSRF-Token": "([^"]+)"')


class EmptyDatabase:
    """A database of people's work in which nothing is kept, whatever is asked."""

    rowcount = 0

    @contextmanager
    def transaction(self) -> Iterator["EmptyDatabase"]:
        yield self

    def execute(self, *_: object) -> "EmptyDatabase":
        return self

    def fetchall(self) -> list[dict[str, Any]]:
        return []

    def fetchone(self) -> None:
        return None


@dataclass
class FakeWarehouse(WarehouseReader):
    """Answers by the query's name: rows, a function of the parameters, or an error to raise."""

    answers: dict[str, Rows | Exception | Callable[[Mapping[str, Any]], Rows]] = field(default_factory=dict)
    asked_for: list[tuple[str, dict[str, Any], frozenset[str] | None]] = field(default_factory=list)

    def rows(
        self,
        query_name: str,
        parameters: Mapping[str, Any],
        scope: frozenset[str] | None,
        rows_max: int = 1_000,
    ) -> Rows:
        if scope is not None and not scope:
            raise NoMerchantAccount("no merchant account")
        self.asked_for.append((query_name, dict(parameters), scope))
        answer = self.answers.get(query_name, Rows((), []))
        if isinstance(answer, Exception):
            raise answer
        found = (
            answer if isinstance(answer, Rows) else answer({**parameters, "accounts": sorted(scope or ())})
        )
        return Rows(found.columns, found.values[:rows_max], len(found) > rows_max)

    def shared(
        self, query_name: str, parameters: Mapping[str, Any], scope: frozenset[str] | None, age_max_s: float
    ) -> Rows:
        assert age_max_s > 0
        return self.rows(query_name, parameters, scope)

    def close(self) -> None:
        """Nothing was opened."""


class FakePeople:
    """Sessions in memory. `sign_in` takes the password `right`."""

    def __init__(self) -> None:
        self.sessions: dict[str, SessionPerson] = {}
        self.known: dict[str, Person] = {}
        self.links: dict[str, str] = {}
        self.vouched_for: dict[str, Person] = {}
        self.apps: set[UUID] = set()
        self.disabled: set[UUID] = set()

    def enter(self, person: Person) -> str:
        """The token of a new session of a person."""
        token = secrets.token_urlsafe(32)
        self.sessions[token] = session_of(person)
        return token

    def sign_in(self, name: str, password: str, totp_code: str, address: str) -> NewSession:  # noqa: ARG002
        if password != "right" or name not in self.known:
            raise SignInRefused
        who = self.known[name]
        return NewSession(self.enter(who), who, NOW + timedelta(hours=12))

    def sign_in_by_provider(
        self,
        issuer: str,  # noqa: ARG002
        subject: str,
        name: str = "",
        first_role: Role | None = None,
    ) -> NewSession:
        if subject not in self.vouched_for and first_role is not None:
            self.vouched_for[subject] = person([first_role], (), name)
        if subject not in self.vouched_for:
            raise SignInRefused
        who = self.vouched_for[subject]
        return NewSession(self.enter(who), who, NOW + timedelta(hours=12))

    def person_of(self, token: str) -> SessionPerson | None:
        return self.sessions.get(token)

    def person_now(self, session_id: UUID) -> Person | None:
        found = (each.person for each in self.sessions.values() if each.session_id == session_id)
        return next(found, None)

    def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)

    def end_all_sessions(self, user_id: UUID, by: Person | None = None) -> None:  # noqa: ARG002
        self.sessions = {t: s for t, s in self.sessions.items() if s.person.user_id != user_id}

    def use_link(self, token: str, new_password: str) -> Person:
        if token not in self.links:
            raise LinkRefused
        if len(new_password) < 12:
            raise PasswordRefused("a password has 12 characters or more")
        return self.known[self.links.pop(token)]

    def change_password(self, user_id: UUID, password: str, new_password: str, address: str) -> NewSession:
        if password != "right":
            raise SignInRefused
        if len(new_password) < 12:
            raise PasswordRefused("a password has 12 characters or more")
        who = self._known(user_id)
        self.end_all_sessions(user_id)
        assert address
        return NewSession(self.enter(who), who, NOW + timedelta(hours=12))

    def enrol_totp(self, user_id: UUID) -> TotpEnrolment:
        if user_id in self.apps:
            raise AccountRefused("an app is enrolled")
        return TotpEnrolment("ABCDEFGHIJKLMNOP", "otpauth://totp/Tollgate:avery?secret=ABCDEFGHIJKLMNOP")

    def confirm_totp(self, user_id: UUID, code: str) -> bool:
        if code == "123456":
            self.apps.add(user_id)
        return code == "123456"

    def people(self, by: Person | None = None) -> list[Account]:
        found = [one for one in self.known.values() if by is None or by.covers(one.accounts)]
        off = {one.user_id: NOW for one in found if one.user_id in self.disabled}
        return [Account(one, True, one.user_id in self.apps, NOW, off.get(one.user_id)) for one in found]

    def new_person(
        self, name: str, roles: Collection[Role], scope: frozenset[str] | None, by: Person | None = None
    ) -> tuple[UUID, str]:
        if name in self.known:
            raise AccountRefused(f"there is a person called {name} already")
        self.known[name] = person(roles, scope, name)
        return self.known[name].user_id, self.one_time_link(self.known[name].user_id, by)

    def one_time_link(self, user_id: UUID, by: Person | None = None, *, forget_totp: bool = False) -> str:
        assert by is not None
        self.apps -= {user_id} if forget_totp else set()
        token = secrets.token_urlsafe(32)
        self.links[token] = self._known(user_id).name
        return token

    def change_rights(
        self, user_id: UUID, roles: Collection[Role], scope: frozenset[str] | None, by: Person | None = None
    ) -> None:
        if by is not None and by.user_id == user_id:
            raise AccountRefused("somebody else changes your rights")
        changed = replace(self._known(user_id), roles=frozenset(roles), accounts=scope)
        self.known[changed.name] = changed

    def disable(self, user_id: UUID, by: Person | None = None) -> None:
        self.disabled.add(user_id)
        self.end_all_sessions(user_id, by)

    def enable(self, user_id: UUID, by: Person | None = None) -> None:  # noqa: ARG002
        self.disabled.discard(user_id)

    def _known(self, user_id: UUID) -> Person:
        found = next((each for each in self.known.values() if each.user_id == user_id), None)
        if found is None:
            raise AccountRefused("there is no such person (any more)")
        return found


def session_of(person: Person) -> SessionPerson:
    """A session of a person."""
    return SessionPerson(person, uuid4(), NOW + timedelta(hours=12), has_totp=False)


def person(
    roles: Iterable[Role] = tuple(Role), accounts: Iterable[str] | None = None, name: str = "avery"
) -> Person:
    """Somebody with roles, within merchant accounts; all of both where nothing is said."""
    return Person(uuid4(), name, frozenset(roles), None if accounts is None else frozenset(accounts))


class Scene:
    """The console as one person's browser sees it; `roles=None` for nobody signed in."""

    def __init__(
        self,
        roles: Iterable[Role] | None = tuple(Role),
        accounts: Iterable[str] | None = None,
        shown: Iterable[Page] | None = None,
        address: str = "",
        database: Any = None,
        warehouse_reader: WarehouseReader | None = None,
        now: Callable[[], datetime] = lambda: NOW,
        engine: str = "live",
        **parts: Any,
    ) -> None:
        self.people = FakePeople()
        self.warehouse = FakeWarehouse()
        self.person = person(roles or (), accounts)
        reader = warehouse_reader or self.warehouse
        kept: Any = EmptyDatabase() if database is None else database
        self.parts = ConsoleParts(engine, reader, self.people, kept, now, address=address, **parts)
        self.app = create_app(self.parts, shown)
        self.origin = address or ORIGIN
        self.client = TestClient(self.app, base_url=self.origin, follow_redirects=False)
        self.people.known[self.person.name] = self.person
        if roles is not None:
            cookie = "__Host-session" if address.startswith("https") else "session"
            self.client.cookies.set(cookie, self.people.enter(self.person))

    def client_that_is_told_of_faults(self) -> TestClient:
        """A client that gets the answer to a fault of ours, where `client` raises the fault itself."""
        made = TestClient(self.app, base_url=self.origin, raise_server_exceptions=False)
        made.cookies.update(self.client.cookies)
        return made

    def token(self, path: str = "/account") -> str:
        """The token for forms on a page."""
        text = self.client.get(path).text
        found = FIELD.search(text)
        if found:
            return found[1]
        header = HEADER.search(text)
        assert header, f"{path} has no form and no frame"
        token = TOKEN.search(html.unescape(header[1]))
        assert token
        return token[1]

    def post(self, path: str, fields: Mapping[str, Any], page: str = "/account") -> httpx.Response:
        """Sends a form as the browser does that has `page` open."""
        return self.client.post(
            path, data={**fields, "csrf": self.token(page)}, headers={"origin": self.origin}
        )
