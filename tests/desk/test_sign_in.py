"""Signing in: who gets a session, who is refused and learns nothing, who has to wait."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from desk.accounts import Accounts, NewSession, Role, SignInRefused, TooManyAttempts
from desk.accounts.attempts import OF_A_NAME_FROM_AN_ADDRESS_MAX, OF_A_NAME_MAX, OF_AN_ADDRESS_MAX
from desk.accounts.passwords import Passwords
from desk.database import DeskDatabase
from tests.desk.account_cases import ADDRESS, PASSWORD, QUICK, Office

WRONG = "wrong horse battery"


@pytest.fixture
def office(desk_database: DeskDatabase) -> Office:
    return Office(desk_database)


class CountingPasswords(Passwords):
    """Counts how often a password was compared."""

    compared = 0

    def fits(self, stored: str | None, password: str) -> bool:
        self.compared += 1
        return super().fits(stored, password)


def at_once(times: int, act: Callable[[], object]) -> Counter[str]:
    """Does the same in several threads at the same moment; how each went."""
    start, went = threading.Barrier(times), Counter[str]()

    def one() -> None:
        start.wait()
        try:
            act()
            went["done"] += 1
        except (SignInRefused, TooManyAttempts) as refused:
            went[type(refused).__name__] += 1

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return went


def test_name_and_password_give_a_session_of_that_person(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER, scope=frozenset({"acme"}))
    session = office.sign_in(" Reviewer-1 ")
    found = office.accounts.person_of(session.token)
    assert found is not None
    assert found.person == session.person
    assert (found.person.user_id, found.person.name) == (user_id, "reviewer-1")
    assert found.person.roles == {Role.REVIEWER}
    assert found.person.accounts == frozenset({"acme"})
    assert found.new_token is None


@pytest.mark.parametrize("password", [WRONG, "", "\0", "\ud800", "x" * 100_000])
def test_every_refusal_reads_alike(office: Office, password: str) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    office.accounts.disable(office.hire("disabled", Role.REVIEWER))
    office.accounts.new_person("no-password", [Role.REVIEWER], None)
    for name in ("reviewer-1", "nobody", "disabled", "no-password", "", "na\0me", "\ud800", "x" * 5_000):
        with pytest.raises(SignInRefused) as refused:
            office.accounts.sign_in(name, password, "", ADDRESS)
        assert str(refused.value) == str(SignInRefused())


def test_every_refusal_takes_the_same_work(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    office.accounts.disable(office.hire("disabled", Role.REVIEWER))
    office.enrol(office.hire("with-code", Role.REVIEWER))
    passwords = CountingPasswords(QUICK)
    accounts = Accounts(office.database, office.clock, passwords, office.sealing)
    cases = [("reviewer-1", WRONG), ("nobody", WRONG), ("disabled", PASSWORD), ("with-code", PASSWORD)]
    entries = []
    for name, password in cases:
        before = len(office.audit())
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, password, "000000", ADDRESS)
        entries.append(len(office.audit()) - before)
    assert (passwords.compared, entries) == (len(cases), [1] * len(cases))


def test_a_name_that_nobody_has_is_not_written_down(office: Office) -> None:
    """It may be a password in the wrong field."""
    with pytest.raises(SignInRefused):
        office.accounts.sign_in("my secret password", "", "", ADDRESS)
    (entry,) = office.audit()
    assert (entry.action, entry.subject, entry.name) == ("sign_in_refused", "user:(unknown)", "(nobody)")
    assert "secret" not in repr(entry)


def test_a_token_of_before_signing_in_is_worth_nothing(office: Office) -> None:
    """A session that an attacker fixed beforehand is not the one that signing in gives."""
    office.hire("reviewer-1", Role.REVIEWER)
    first, second = office.sign_in("reviewer-1"), office.sign_in("reviewer-1")
    assert first.token != second.token
    assert office.accounts.person_of("chosen-by-an-attacker") is None


def test_the_database_holds_no_token_and_no_password(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    _, link = office.accounts.new_person("other", [Role.VIEWER], None)
    session = office.sign_in("reviewer-1")
    with office.database.transaction() as connection:
        tables = ("users", "sessions", "one_time_links", "sign_in_attempts", "audit_entries")
        held = str([connection.execute(f"SELECT t::text FROM {table} AS t").fetchall() for table in tables])
    assert not [secret for secret in (PASSWORD, session.token, link) if secret in held]
    assert "$argon2id$" in held
    assert session.token not in repr(session)


def test_guessing_a_password_ends_after_some_attempts_even_with_the_right_one(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    for _ in range(OF_A_NAME_FROM_AN_ADDRESS_MAX):
        with pytest.raises(SignInRefused):
            office.accounts.sign_in("reviewer-1", WRONG, "", ADDRESS)
    with pytest.raises(TooManyAttempts) as told:
        office.sign_in("reviewer-1")
    assert 0 < told.value.retry_after_s <= 15 * 60
    office.clock.advance(seconds=told.value.retry_after_s)
    assert office.sign_in("reviewer-1")


def test_one_who_is_attacked_from_elsewhere_still_signs_in(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    for _ in range(OF_A_NAME_FROM_AN_ADDRESS_MAX):
        with pytest.raises(SignInRefused):
            office.accounts.sign_in("reviewer-1", WRONG, "", "203.0.113.9")
    assert office.sign_in("reviewer-1")


def test_guessing_one_name_from_many_addresses_ends_too(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    for host in range(OF_A_NAME_MAX):
        with pytest.raises(SignInRefused):
            office.accounts.sign_in("reviewer-1", WRONG, "", f"203.0.113.{host}")
    with pytest.raises(TooManyAttempts):
        office.accounts.sign_in("reviewer-1", WRONG, "", "203.0.113.99")


def test_trying_many_names_from_one_network_ends_too(office: Office) -> None:
    for host in range(OF_AN_ADDRESS_MAX):
        with pytest.raises(SignInRefused):
            office.accounts.sign_in(f"name-{host}", WRONG, "", f"2001:db8:0:1::{host:x}")
    with pytest.raises(TooManyAttempts):
        office.accounts.sign_in("one-more", WRONG, "", "2001:db8:0:1:ffff::1")
    with pytest.raises(SignInRefused):
        office.accounts.sign_in("one-more", WRONG, "", "2001:db8:0:2::1")


def test_signing_in_many_times_is_no_attack(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    for _ in range(OF_AN_ADDRESS_MAX + 1):
        assert office.sign_in("reviewer-1")


def test_attempts_at_the_same_moment_are_counted_one_by_one(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    went = at_once(8, lambda: office.accounts.sign_in("reviewer-1", WRONG, "", ADDRESS))
    assert went == {
        "SignInRefused": OF_A_NAME_FROM_AN_ADDRESS_MAX,
        "TooManyAttempts": 8 - OF_A_NAME_FROM_AN_ADDRESS_MAX,
    }


def test_a_code_is_needed_where_one_is_enrolled(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    app = office.enrol(user_id)
    office.clock.advance(seconds=30)
    for code in ("", "000000", "x" * 6, "１２３４５６"):
        with pytest.raises(SignInRefused):
            office.sign_in("reviewer-1", code)
    code = app.at(office.clock.now)
    assert office.sign_in("reviewer-1", f"{code[:3]} {code[3:]}")


def test_a_code_works_once_and_none_before_it_works_after(office: Office) -> None:
    app = office.enrol(office.hire("reviewer-1", Role.REVIEWER))
    with pytest.raises(SignInRefused):
        office.sign_in("reviewer-1", app.at(office.clock.now))  # used up by confirming it
    office.clock.advance(seconds=60)
    newest, before = app.at(office.clock.now), app.at(office.clock.now, counter_offset=-1)
    office.sign_in("reviewer-1", newest)
    for code in (newest, before):
        with pytest.raises(SignInRefused):
            office.sign_in("reviewer-1", code)


def test_a_wrong_password_does_not_use_a_code_up(office: Office) -> None:
    app = office.enrol(office.hire("reviewer-1", Role.REVIEWER))
    office.clock.advance(seconds=30)
    code = app.at(office.clock.now)
    with pytest.raises(SignInRefused):
        office.accounts.sign_in("reviewer-1", WRONG, code, ADDRESS)
    assert office.sign_in("reviewer-1", code)


def test_a_code_brought_twice_at_the_same_moment_works_once(office: Office) -> None:
    app = office.enrol(office.hire("reviewer-1", Role.REVIEWER))
    office.clock.advance(seconds=30)
    code = app.at(office.clock.now)
    assert at_once(4, lambda: office.sign_in("reviewer-1", code)) == {"done": 1, "SignInRefused": 3}


def test_a_code_of_another_minute_is_refused(office: Office) -> None:
    app = office.enrol(office.hire("reviewer-1", Role.REVIEWER))
    office.clock.advance(minutes=10)
    for steps in (-2, 2):
        with pytest.raises(SignInRefused):
            office.sign_in("reviewer-1", app.at(office.clock.now, counter_offset=steps))


def test_an_app_cannot_be_put_in_the_place_of_another(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    office.enrol(user_id)
    with pytest.raises(Exception, match="enrolled"):
        office.accounts.enrol_totp(user_id)
    assert not office.accounts.confirm_totp(user_id, "000000")


def test_a_hash_of_weaker_parameters_is_renewed(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    Accounts(office.database, office.clock, Passwords(stronger)).sign_in("reviewer-1", PASSWORD, "", ADDRESS)
    with office.database.transaction() as connection:
        row = connection.execute("SELECT password_hash FROM users").fetchone()
    assert row is not None
    assert not stronger.check_needs_rehash(row["password_hash"])


def test_only_some_hashings_run_at_a_time_and_only_some_wait() -> None:
    passwords = Passwords(QUICK)
    with passwords._slot(), passwords._slot():
        waiting = [threading.Thread(target=passwords.fits, args=(None, PASSWORD)) for _ in range(20)]
        for thread in waiting:
            thread.start()
        while passwords._callers._value:
            pass
        with pytest.raises(TooManyAttempts):
            passwords.fits(None, PASSWORD)
    for thread in waiting:
        thread.join()


def test_an_identity_provider_lets_in_whom_an_admin_connected(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    issuer = "https://id.example"
    with pytest.raises(SignInRefused):
        office.accounts.sign_in_by_provider(issuer, "s-1")
    office.accounts.connect_provider(user_id, issuer, "s-1")
    session: NewSession = office.accounts.sign_in_by_provider(issuer, "s-1")
    assert session.person.user_id == user_id
    with pytest.raises(SignInRefused):
        office.accounts.sign_in_by_provider("https://other.example", "s-1")
    office.accounts.disable(user_id)
    with pytest.raises(SignInRefused):
        office.accounts.sign_in_by_provider(issuer, "s-1")


def test_whom_only_the_provider_knows_comes_in_where_a_first_role_is_set(office: Office) -> None:
    office.hire("admin-1", Role.ADMIN)
    with pytest.raises(SignInRefused):
        office.accounts.sign_in_by_provider("https://id.example", "s-9", "Newcomer@example.com")
    session = office.accounts.sign_in_by_provider(
        "https://id.example", "s-9", "Newcomer@example.com", Role.VIEWER
    )
    assert (session.person.name, session.person.roles) == ("newcomer@example.com", frozenset({Role.VIEWER}))
    assert session.person.accounts == frozenset(), "an admin gives merchant accounts"
    again = office.accounts.sign_in_by_provider("https://id.example", "s-9", "renamed", Role.ANALYST)
    assert again.person == session.person, "neither name nor role of somebody who is there changes"
    assert {"user_made", "signed_in", "sign_in_refused"} <= {entry.action for entry in office.audit()}


def test_a_name_from_a_provider_opens_nobodys_account(office: Office) -> None:
    office.hire("admin-1", Role.ADMIN)
    for name in ("admin-1", " ADMIN-1", "", "no name\n", "a\0b", "x" * 65):
        with pytest.raises(SignInRefused):
            office.accounts.sign_in_by_provider("https://id.example", "s-9", name, Role.VIEWER)
    assert [one.person.name for one in office.accounts.people()] == ["admin-1"]


def test_nobody_comes_in_by_a_provider_before_the_first_admin(office: Office) -> None:
    """Somebody who has signed up ends the first admin's link: there would be no way in for an admin."""
    office.accounts.first_admin()
    with pytest.raises(SignInRefused):
        office.accounts.sign_in_by_provider("https://id.example", "s-9", "newcomer", Role.VIEWER)
    assert office.accounts.first_admin() is not None


def test_a_disabled_person_does_not_come_in_by_a_provider(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    office.accounts.connect_provider(user_id, "https://id.example", "s-1")
    office.accounts.disable(user_id)
    with pytest.raises(SignInRefused):
        office.accounts.sign_in_by_provider("https://id.example", "s-1", "reviewer-1", Role.VIEWER)
