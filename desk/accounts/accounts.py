"""The accounts of one installation: signing in and out, links, codes, and the people themselves."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from desk.accounts import attempts, links, rights, sessions, totp
from desk.accounts.passwords import Passwords, check_new
from desk.accounts.refusals import AccountRefused, LinkRefused, SignInRefused
from desk.accounts.rights import Account
from desk.accounts.sealing import TotpSealing
from desk.accounts.sessions import NewSession, SessionPerson
from desk.accounts.totp import TotpEnrolment
from desk.audit import AuditTrail
from desk.database import DeskConnection, DeskDatabase
from desk.people import Person, Role
from streams.errors import Misconfigured

FIRST_ADMIN: Final = "admin"
UNKNOWN: Final = "(unknown)"
"""What an attempt by a name that nobody has is noted as: the name may be a mistyped password."""

SET_PASSWORD: Final = "UPDATE users SET password_hash = %s WHERE user_id = %s"


class Accounts:
    """Who may sign in. Usable by several threads and several processes. `clock` gives UTC.

    by: who does it, where an admin does; None for the operator at the command line of the host.
    sealing: what opens secrets of authenticator apps; None where nobody signs in or enrols one.
    """

    def __init__(
        self,
        database: DeskDatabase,
        clock: Callable[[], datetime],
        passwords: Passwords | None = None,
        sealing: TotpSealing | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._sealing = sealing
        self._trail = AuditTrail(clock)

    def sign_in(self, name: str, password: str, totp_code: str, address: str) -> NewSession:
        """A session for whoever brings name, password and, where one is enrolled, a code.

        address: of whoever tries, as attempts are counted by. Raises SignInRefused, in one wording, or
        TooManyAttempts.
        """
        now, known = self._clock(), as_name(name)
        counted = attempts.limits(known, address)
        with self._database.transaction() as connection:
            attempts.count(connection, counted, now)
            user = _named(connection, known)
        stored = user["password_hash"] if user else None
        fits = self._passwords.fits(stored, password)
        renewed = self._renewed(stored, password) if fits else None
        with self._database.transaction() as connection:
            latest = _named(connection, known, lock=True)
            if fits and self._may_begin(connection, latest, stored, totp_code, now):
                return self._begin(connection, latest or {}, counted, renewed, now)
            self._note_refused(connection, latest, totp_code, attempts.network_of(address))
        raise SignInRefused

    def sign_in_by_provider(
        self, issuer: str, subject: str, name: str = "", first_role: Role | None = None
    ) -> NewSession:
        """A session for whom an identity provider vouches for, and an admin has connected.

        first_role: what somebody who is not connected may do from now on, in no merchant account, as a new
        person of this name; None: they are refused. A name alone never opens the account of somebody who is
        there already. Raises SignInRefused, also where the person is disabled.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            user = _connected(connection, issuer, subject)
            if user is None and first_role is not None:
                user = self._newcomer(connection, issuer, subject, as_name(name), first_role)
            if user is not None and user["disabled_at"] is None:
                session = sessions.begin(connection, user, now)
                self._trail.note(connection, session.person, "signed_in", _subject(user), {"by": issuer})
                return session
            whose = _subject(user) if user else f"user:{UNKNOWN}"
            self._trail.note_nobody(connection, "sign_in_refused", whose, {"by": issuer})
        raise SignInRefused

    def person_of(self, token: str) -> SessionPerson | None:
        """Whose session a token opens, with the rights of this moment."""
        with self._database.transaction() as connection:
            return sessions.find(connection, token, self._clock())

    def person_now(self, session_id: UUID) -> Person | None:
        """Whose session it is still, for an answer that takes long; None where it has ended meanwhile."""
        with self._database.transaction() as connection:
            return sessions.person_now(connection, session_id, self._clock())

    def sign_out(self, token: str) -> None:
        """Ends one session."""
        with self._database.transaction() as connection:
            user_id = sessions.end(connection, token)
            if user_id is not None:
                user = rights.locked(connection, user_id)
                self._trail.note(connection, sessions.person_in(user), "signed_out", _subject(user))

    def end_all_sessions(self, user_id: UUID, by: Person | None = None) -> None:
        """Ends every session of a person; a person may do so for themselves, an admin for others."""
        with self._database.transaction() as connection:
            user = self._managed(connection, user_id, by)
            sessions.end_all(connection, user_id)
            self._trail.note(connection, by, "sessions_ended", _subject(user))

    def one_time_link(self, user_id: UUID, by: Person | None = None, *, forget_totp: bool = False) -> str:
        """The token of a link by which a person sets a password: for 24 h, once. A link before it ends.

        forget_totp: using it also takes the authenticator app away, for a phone that is lost.
        """
        with self._database.transaction() as connection:
            user = self._managed(connection, user_id, by, themselves=False)
            if user["disabled_at"] is not None:
                raise AccountRefused(f"{user['name']} is disabled: enable them first")
            self._trail.note(connection, by, "link_made", _subject(user), {"forget_totp": forget_totp})
            return links.make(connection, user_id, self._clock(), forget_totp=forget_totp)

    def use_link(self, token: str, new_password: str) -> Person:
        """Sets the password of whose link it is and ends their sessions.

        Raises LinkRefused, or PasswordRefused, after which the link still works.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            user = links.holder(connection, token, now)
        if user is None:
            raise LinkRefused
        check_new(new_password, user["name"])
        hashed = self._passwords.hashed(new_password)
        with self._database.transaction() as connection:
            used = links.use_up(connection, token, now)
            if used is None:  # somebody else was quicker
                raise LinkRefused
            return self._set_password(connection, used["user_id"], hashed, forget_totp=used["forget_totp"])

    def change_password(self, user_id: UUID, password: str, new_password: str, address: str) -> NewSession:
        """A person's own change: all their sessions end, and the answer is a new one.

        Raises SignInRefused where the password is not theirs, TooManyAttempts, PasswordRefused.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            user = rights.locked(connection, user_id)
            check_new(new_password, user["name"])
            counted = attempts.limits(user["name"], address)
            attempts.count(connection, counted, now)
        if not self._passwords.fits(user["password_hash"], password):
            raise SignInRefused
        hashed = self._passwords.hashed(new_password)
        with self._database.transaction() as connection:
            latest = rights.locked(connection, user_id)
            if latest["password_hash"] != user["password_hash"] or latest["disabled_at"] is not None:
                raise SignInRefused
            attempts.forgive(connection, counted)
            self._set_password(connection, user_id, hashed)
            return sessions.begin(connection, latest, now)

    def first_admin(self) -> str | None:
        """The token of a link for the first admin, as long as nobody can sign in; else None.

        The first admin has every role: on a laptop one person does everything. Each start makes a new link.
        """
        now, everything = self._clock(), frozenset(Role)
        with self._database.transaction() as connection:
            rights.lock_people(connection)
            signed_up = connection.execute(
                "SELECT 1 AS found FROM users WHERE password_hash IS NOT NULL OR subject IS NOT NULL LIMIT 1"
            ).fetchone()
            if signed_up is not None:
                return None
            found = connection.execute("SELECT * FROM users WHERE name = %s", (FIRST_ADMIN,)).fetchone()
            if found is None:
                user_id = rights.add(connection, FIRST_ADMIN, frozenset(Role), None, now)
                self._trail.note(
                    connection, None, "user_made", f"user:{FIRST_ADMIN}", _rights(list(Role), None)
                )
            else:
                user_id = found["user_id"]
                connection.execute("UPDATE users SET disabled_at = NULL WHERE user_id = %s", (user_id,))
                rights.change(connection, user_id, everything, None)
            return links.make(connection, user_id, now)

    def enrol_totp(self, user_id: UUID) -> TotpEnrolment:
        """What a person gives their authenticator app; holds once `confirm_totp` was given a code of it.

        Raises AccountRefused where one is enrolled already: whoever took over a session must not put theirs
        in its place.
        """
        with self._database.transaction() as connection:
            user = rights.locked(connection, user_id)
            if user["totp_secret"] is not None:
                raise AccountRefused("an authenticator app is enrolled: an admin's link takes it away first")
            enrolment = totp.new_enrolment(user["name"])
            sealed = self._seals().sealed(user_id, enrolment.secret)
            connection.execute("UPDATE users SET totp_pending = %s WHERE user_id = %s", (sealed, user_id))
            return enrolment

    def confirm_totp(self, user_id: UUID, code: str) -> bool:
        """Whether the code is right; from then on signing in needs one."""
        with self._database.transaction() as connection:
            user = rights.locked(connection, user_id)
            pending, now = user["totp_pending"], self._clock()
            secret = self._seals().opened(user_id, pending) if pending else None
            step = totp.step_of(secret, code, now) if secret and user["totp_secret"] is None else None
            if step is None:
                return False
            connection.execute(
                "UPDATE users SET totp_secret = totp_pending, totp_pending = NULL, totp_last_step = %s "
                "WHERE user_id = %s",
                (step, user_id),
            )
            self._trail.note(connection, sessions.person_in(user), "totp_enrolled", _subject(user))
            return True

    def seal_secrets(self) -> int:
        """Encrypts every secret of an authenticator app with the newest key; how many there are."""
        with self._database.transaction() as connection:
            return self._seals().seal_all(connection)

    def people(self, by: Person | None = None) -> list[Account]:
        """Everybody, by name; for an admin of some merchant accounts those who see no others."""
        rights.check_may_manage(by)
        with self._database.transaction() as connection:
            found = rights.accounts(connection)
        return [one for one in found if by is None or by.covers(one.person.accounts)]

    def new_person(
        self, name: str, roles: Collection[Role], scope: frozenset[str] | None, by: Person | None = None
    ) -> tuple[UUID, str]:
        """A new person, and the token of the link by which they set a password.

        scope: merchant accounts they may see; None for all. Raises AccountRefused.
        """
        rights.check_may_manage(by, scope)
        now, known = self._clock(), as_name(name)
        with self._database.transaction() as connection:
            user_id = rights.add(connection, known, roles, scope, now)
            self._trail.note(connection, by, "user_made", f"user:{known}", _rights(roles, scope))
            return user_id, links.make(connection, user_id, now)

    def change_rights(
        self, user_id: UUID, roles: Collection[Role], scope: frozenset[str] | None, by: Person | None = None
    ) -> None:
        """Sets what a person may do and see; in effect with their next request. Raises AccountRefused."""
        with self._database.transaction() as connection:
            rights.lock_people(connection)
            user = self._managed(connection, user_id, by, themselves=False)
            rights.check_may_manage(by, scope)
            rights.change(connection, user_id, roles, scope)
            self._refuse_last_admin(connection, user)
            before = sessions.person_in(user)
            was = {"was": _rights(before.roles, before.accounts)}
            self._trail.note(connection, by, "rights_changed", _subject(user), _rights(roles, scope) | was)

    def disable(self, user_id: UUID, by: Person | None = None) -> None:
        """Keeps a person out at once: sessions and links end. Raises AccountRefused for the last admin."""
        with self._database.transaction() as connection:
            rights.lock_people(connection)
            user = self._managed(connection, user_id, by, themselves=False)
            connection.execute(
                "UPDATE users SET disabled_at = %s WHERE user_id = %s AND disabled_at IS NULL",
                (self._clock(), user_id),
            )
            self._refuse_last_admin(connection, user)
            sessions.end_all(connection, user_id)
            links.take_back(connection, user_id)
            self._trail.note(connection, by, "user_disabled", _subject(user))

    def enable(self, user_id: UUID, by: Person | None = None) -> None:
        """Lets a person in again, with the rights and the password they had."""
        with self._database.transaction() as connection:
            user = self._managed(connection, user_id, by, themselves=False)
            connection.execute("UPDATE users SET disabled_at = NULL WHERE user_id = %s", (user_id,))
            self._trail.note(connection, by, "user_enabled", _subject(user))

    def connect_provider(self, user_id: UUID, issuer: str, subject: str, by: Person | None = None) -> None:
        """Lets a person in by what an identity provider knows them by. Raises AccountRefused where another
        person has it."""
        from psycopg.errors import UniqueViolation

        try:
            with self._database.transaction() as connection:
                user = self._managed(connection, user_id, by, themselves=False)
                connection.execute(
                    "UPDATE users SET issuer = %s, subject = %s WHERE user_id = %s",
                    (issuer, subject, user_id),
                )
                self._trail.note(connection, by, "provider_connected", _subject(user), {"issuer": issuer})
        except UniqueViolation:
            raise AccountRefused("another person is connected with this subject already") from None

    def forget_what_ended(self) -> None:
        """Deletes sessions, links and counts that are over. To be called now and then."""
        now = self._clock()
        with self._database.transaction() as connection:
            sessions.forget_ended(connection, now)
            links.forget_ended(connection, now)
            attempts.forget_ended(connection, now)

    def _begin(
        self,
        connection: DeskConnection,
        user: dict[str, Any],
        counted: tuple[attempts.Limit, ...],
        renewed: str | None,
        now: datetime,
    ) -> NewSession:
        """The session of somebody who has shown who they are; `renewed` is a stronger hash to keep."""
        if renewed is not None:
            connection.execute(SET_PASSWORD, (renewed, user["user_id"]))
        attempts.forgive(connection, counted)
        session = sessions.begin(connection, user, now)
        self._trail.note(connection, session.person, "signed_in", _subject(user), {"by": "password"})
        return session

    def _may_begin(
        self,
        connection: DeskConnection,
        user: dict[str, Any] | None,
        compared: str | None,
        code: str,
        now: datetime,
    ) -> bool:
        """Whether the code is right too, where one is needed, and the password compared is still theirs."""
        if user is None or user["password_hash"] != compared:
            return False
        stored, user_id = user["totp_secret"], user["user_id"]
        if stored is None:
            return True
        secret = self._seals().opened(user_id, stored)
        return secret is not None and totp.use_code(connection, user_id, stored, secret, code, now)

    def _seals(self) -> TotpSealing:
        if self._sealing is None:
            raise Misconfigured(
                "this process has no key for authenticator apps: sign in and enrol through `tollgate console`"
            )
        return self._sealing

    def _newcomer(
        self, connection: DeskConnection, issuer: str, subject: str, name: str, role: Role
    ) -> dict[str, Any] | None:
        """Whom the provider knows and we do not, as a new person; None where that may not be: no admin can
        sign in yet, or somebody else has the name."""
        nowhere: frozenset[str] = frozenset()
        rights.lock_people(connection)
        there = _connected(connection, issuer, subject)
        if there is not None:  # came in by another browser at this very moment
            return there
        try:
            rights.check_an_admin_is_left(connection)
            user_id = rights.add(connection, _storable(name), [role], nowhere, self._clock())
        except AccountRefused:
            return None
        connection.execute(
            "UPDATE users SET issuer = %s, subject = %s WHERE user_id = %s", (issuer, subject, user_id)
        )
        detail = _rights([role], nowhere) | {"by": issuer}
        self._trail.note(connection, None, "user_made", f"user:{name}", detail)
        return rights.locked(connection, user_id)

    def _renewed(self, stored: str | None, password: str) -> str | None:
        """A hash by today's parameters, where the stored one has weaker ones."""
        return self._passwords.hashed(password) if stored and self._passwords.is_outdated(stored) else None

    def _note_refused(
        self, connection: DeskConnection, user: dict[str, Any] | None, code: str, network: str
    ) -> None:
        """Written for every cause alike, known name or not, after the work that a code takes."""
        totp.step_of(totp.NOBODYS_SECRET, code, self._clock())
        subject = _subject(user) if user else f"user:{UNKNOWN}"
        self._trail.note_nobody(connection, "sign_in_refused", subject, {"network": network})

    def _set_password(
        self, connection: DeskConnection, user_id: UUID, hashed: str, *, forget_totp: bool = False
    ) -> Person:
        connection.execute(SET_PASSWORD, (hashed, user_id))
        if forget_totp:
            connection.execute(
                "UPDATE users SET totp_secret = NULL, totp_pending = NULL, totp_last_step = NULL "
                "WHERE user_id = %s",
                (user_id,),
            )
        sessions.end_all(connection, user_id)
        links.take_back(connection, user_id)
        user = rights.locked(connection, user_id)
        person = sessions.person_in(user)
        detail = {"totp_forgotten": forget_totp}
        self._trail.note(connection, person, "password_set", _subject(user), detail)
        return person

    def _managed(
        self, connection: DeskConnection, user_id: UUID, by: Person | None, *, themselves: bool = True
    ) -> dict[str, Any]:
        """The row of a user, locked, whom `by` may change."""
        user = rights.locked(connection, user_id)
        if not (themselves and by is not None and by.user_id == user_id):
            rights.check_may_manage(by, sessions.person_in(user).accounts)
        return user

    def _refuse_last_admin(self, connection: DeskConnection, before: dict[str, Any]) -> None:
        person = sessions.person_in(before)
        if Role.ADMIN in person.roles and person.accounts is None and before["disabled_at"] is None:
            rights.check_an_admin_is_left(connection)


def as_name(typed: str) -> str:
    """A name as it is stored: however it is typed, one person has one.

    >>> as_name("  Reviewer-1 ")
    'reviewer-1'
    """
    return typed.strip().casefold()


def _storable(name: str) -> str:
    """As PostgreSQL can hold it; one that it cannot is nobody's, and is taken for no new person either."""
    return name.replace("\0", " ").encode(errors="replace").decode()


def _named(connection: DeskConnection, name: str, *, lock: bool = False) -> dict[str, Any] | None:
    """The row of a person who is not kept out. A name that cannot be stored is nobody's."""
    query = "SELECT * FROM users WHERE name = %s AND disabled_at IS NULL"
    return connection.execute(f"{query} FOR UPDATE" if lock else query, (_storable(name),)).fetchone()


def _connected(connection: DeskConnection, issuer: str, subject: str) -> dict[str, Any] | None:
    """The row of whom an identity provider knows by this, locked."""
    return connection.execute(
        "SELECT * FROM users WHERE issuer = %s AND subject = %s FOR UPDATE", (issuer, subject)
    ).fetchone()


def _subject(user: dict[str, Any]) -> str:
    return f"user:{user['name']}"


def _rights(roles: Collection[Role], scope: frozenset[str] | None) -> dict[str, Any]:
    return {"roles": sorted(roles), "merchant_accounts": None if scope is None else sorted(scope)}
