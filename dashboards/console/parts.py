"""What the console is made of. Whoever starts it makes the parts; a route asks for them by `Parts`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request

from dashboards.console.warehouse import WarehouseReader

if TYPE_CHECKING:
    from collections.abc import Collection

    from dashboards.console.provider import IdentityProvider
    from desk.accounts import Account, NewSession, Person, Role, SessionPerson, TotpEnrolment
    from desk.database import DeskDatabase
    from streams.settings import Settings


class SignIn(Protocol):
    """What the console needs of `desk.accounts.Accounts`."""

    def sign_in(self, name: str, password: str, totp_code: str, address: str) -> "NewSession": ...
    def sign_in_by_provider(
        self, issuer: str, subject: str, name: str = "", first_role: "Role | None" = None
    ) -> "NewSession": ...
    def person_of(self, token: str) -> "SessionPerson | None": ...
    def person_now(self, session_id: UUID) -> "Person | None": ...
    def sign_out(self, token: str) -> None: ...
    def end_all_sessions(self, user_id: UUID, by: "Person | None" = None) -> None: ...
    def use_link(self, token: str, new_password: str) -> "Person": ...
    def change_password(
        self, user_id: UUID, password: str, new_password: str, address: str
    ) -> "NewSession": ...
    def enrol_totp(self, user_id: UUID) -> "TotpEnrolment": ...
    def confirm_totp(self, user_id: UUID, code: str) -> bool: ...
    def people(self, by: "Person | None" = None) -> "list[Account]": ...
    def new_person(
        self,
        name: str,
        roles: "Collection[Role]",
        scope: frozenset[str] | None,
        by: "Person | None" = None,
    ) -> tuple[UUID, str]: ...
    def one_time_link(
        self, user_id: UUID, by: "Person | None" = None, *, forget_totp: bool = False
    ) -> str: ...
    def change_rights(
        self,
        user_id: UUID,
        roles: "Collection[Role]",
        scope: frozenset[str] | None,
        by: "Person | None" = None,
    ) -> None: ...
    def disable(self, user_id: UUID, by: "Person | None" = None) -> None: ...
    def enable(self, user_id: UUID, by: "Person | None" = None) -> None: ...


@dataclass(frozen=True)
class ConsoleParts:
    """Everything a page may need.

    engine     the engine whose payments are shown
    warehouse  figures and payments
    people     who signs in
    database   people's work
    now        the clock, in UTC
    kafka      bootstrap servers; None where nothing can be published
    address    where people reach the console, e.g. `https://console.example.com`. Empty: this machine alone,
               without TLS
    settings   of this process, for what is published
    provider   an identity provider that vouches for people; None: names and passwords alone
    first_role what a person whom only the provider knows may do, in no merchant account; None: nothing
    """

    engine: str
    warehouse: WarehouseReader
    people: SignIn
    database: "DeskDatabase"
    now: Callable[[], datetime]
    kafka: str | None = None
    address: str = ""
    settings: "Settings | None" = None
    provider: "IdentityProvider | None" = None
    first_role: "Role | None" = None


def parts_of(request: Request) -> ConsoleParts:
    """The parts of the application that a request reached."""
    parts: ConsoleParts = request.app.state.parts
    return parts


Parts = Annotated[ConsoleParts, Depends(parts_of)]
