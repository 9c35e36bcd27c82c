"""Accounts on a real database with a clock moved by hand, and people who have signed up."""

from dataclasses import dataclass, field
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from desk.accounts import Accounts, NewSession, Role, TotpSealing
from desk.accounts.passwords import Passwords
from desk.audit import AuditEntry, AuditFilter, AuditTrail
from desk.database import DeskDatabase
from tests.desk.people import HandClock

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.7"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Office:
    """An installation with its people."""

    database: DeskDatabase
    clock: HandClock = field(default_factory=HandClock)
    sealing: TotpSealing = field(default_factory=lambda: TotpSealing(Fernet.generate_key()))

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.database, self.clock, Passwords(QUICK), self.sealing)

    def hire(self, name: str, *roles: Role, scope: frozenset[str] | None = None) -> UUID:
        """A person who has set a password."""
        user_id, token = self.accounts.new_person(name, roles, scope)
        self.accounts.use_link(token, PASSWORD)
        return user_id

    def sign_in(self, name: str, code: str = "", address: str = ADDRESS) -> NewSession:
        return self.accounts.sign_in(name, PASSWORD, code, address)

    def enrol(self, user_id: UUID) -> pyotp.TOTP:
        """An authenticator app, confirmed; the code of the present step is used up."""
        app = pyotp.TOTP(self.accounts.enrol_totp(user_id).secret)
        assert self.accounts.confirm_totp(user_id, app.at(self.clock.now))
        return app

    def audit(self) -> list[AuditEntry]:
        with self.database.transaction() as connection:
            return AuditTrail(self.clock).entries(connection, AuditFilter())
