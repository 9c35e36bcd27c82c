"""Secrets of authenticator apps: encrypted, each for its person alone, readable while keys change."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet

from desk.accounts import Accounts, Role, SignInRefused, TotpSealing, sealing_of
from desk.accounts.passwords import Passwords
from desk.database import DeskDatabase
from streams.errors import Misconfigured
from tests.desk.account_cases import ADDRESS, PASSWORD, QUICK, Office

OLD, NEW = Fernet.generate_key(), Fernet.generate_key()
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def office(desk_database: DeskDatabase) -> Office:
    return Office(desk_database, sealing=TotpSealing(OLD))


def stored(office: Office, user_id: UUID) -> str:
    with office.database.transaction() as connection:
        row = connection.execute("SELECT totp_secret FROM users WHERE user_id = %s", (user_id,)).fetchone()
    assert row is not None
    return str(row["totp_secret"])


def store(office: Office, user_id: UUID, secret: str) -> None:
    with office.database.transaction() as connection:
        connection.execute("UPDATE users SET totp_secret = %s WHERE user_id = %s", (secret, user_id))


def with_keys(office: Office, *keys: bytes) -> Accounts:
    return Accounts(office.database, office.clock, Passwords(QUICK), TotpSealing(*keys))


def test_no_secret_lies_in_the_database_before_or_after_it_is_confirmed(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    secret = office.accounts.enrol_totp(user_id).secret
    with office.database.transaction() as connection:
        assert secret not in str(connection.execute("SELECT * FROM users").fetchall())
    app = office.enrol(user_id)
    with office.database.transaction() as connection:
        assert app.secret not in str(connection.execute("SELECT * FROM users").fetchall())
    office.clock.advance(minutes=1)
    assert office.sign_in("reviewer-1", app.at(office.clock.now))


def test_a_secret_that_was_put_into_another_persons_row_opens_nothing(office: Office) -> None:
    """Whoever writes to the database alone cannot sign in with an app of their own."""
    victim, attacker = office.hire("victim", Role.ADMIN), office.hire("attacker", Role.VIEWER)
    office.enrol(victim)
    app = office.enrol(attacker)
    store(office, victim, stored(office, attacker))
    office.clock.advance(minutes=1)
    with pytest.raises(SignInRefused):
        office.sign_in("victim", app.at(office.clock.now))


def test_a_key_is_changed_without_anybody_noticing(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    app = office.enrol(user_id)
    assert with_keys(office, NEW, OLD).seal_secrets() == 1
    office.clock.advance(minutes=1)
    assert with_keys(office, NEW).sign_in("reviewer-1", PASSWORD, app.at(office.clock.now), ADDRESS)


def test_a_secret_from_before_they_were_encrypted_works_and_is_encrypted(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    app = office.enrol(user_id)
    store(office, user_id, app.secret)
    office.clock.advance(minutes=1)
    assert office.sign_in("reviewer-1", app.at(office.clock.now))
    office.accounts.seal_secrets()
    assert app.secret not in stored(office, user_id)


def test_without_the_key_a_code_is_refused_and_nothing_is_lost(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    app = office.enrol(user_id)
    before = stored(office, user_id)
    office.clock.advance(minutes=1)
    stranger = with_keys(office, NEW)
    stranger.seal_secrets()
    with pytest.raises(SignInRefused):
        stranger.sign_in("reviewer-1", PASSWORD, app.at(office.clock.now), ADDRESS)
    assert stored(office, user_id) == before
    assert office.sign_in("reviewer-1", app.at(office.clock.now))


def test_the_key_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path, who = tmp_path / "console/totp.keys", uuid4()
    sealed = sealing_of(path).sealed(who, SECRET)
    assert sealing_of(path).opened(who, sealed) == SECRET
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600"):
        sealing_of(path)


@pytest.mark.parametrize("content", ["", "no key", SECRET])
def test_a_file_without_keys_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "totp.keys"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(Misconfigured, match="Put back the file"):
        sealing_of(path)
