"""Sessions end when they should, and their rights are those of this moment."""

import threading
from datetime import timedelta

import pytest

from desk.accounts import Role
from desk.accounts.sessions import IDLE, SESSIONS_MAX, WHOLE
from desk.database import DeskDatabase
from tests.desk.account_cases import ADDRESS, PASSWORD, Office


@pytest.fixture
def office(desk_database: DeskDatabase) -> Office:
    return Office(desk_database)


def is_open(office: Office, token: str) -> bool:
    return office.accounts.person_of(token) is not None


def test_a_session_ends_when_nothing_is_asked_for_a_while(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    token = office.sign_in("reviewer-1").token
    for _ in range(3):
        office.clock.now += IDLE - timedelta(minutes=1)
        assert is_open(office, token)
    office.clock.now += IDLE
    assert not is_open(office, token)


def test_a_session_ends_in_any_case_after_a_day_of_work(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    session = office.sign_in("reviewer-1")
    ends_at = office.clock.now + WHOLE
    assert session.ends_at == ends_at
    while office.clock.now + timedelta(minutes=20) < ends_at:
        office.clock.advance(minutes=20)
        assert is_open(office, session.token)
    office.clock.now = ends_at
    assert not is_open(office, session.token)


def test_signing_out_ends_one_session_and_not_the_others(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    first, second = office.sign_in("reviewer-1").token, office.sign_in("reviewer-1").token
    office.accounts.sign_out(first)
    office.accounts.sign_out("unknown")
    assert (is_open(office, first), is_open(office, second)) == (False, True)


def test_all_sessions_of_one_person_can_be_ended(office: Office) -> None:
    user_id, _ = office.hire("reviewer-1", Role.REVIEWER), office.hire("other", Role.REVIEWER)
    mine = [office.sign_in("reviewer-1").token for _ in range(2)]
    others = office.sign_in("other").token
    office.accounts.end_all_sessions(user_id)
    assert [is_open(office, token) for token in [*mine, others]] == [False, False, True]


def test_rights_change_with_the_next_request_and_so_does_the_token(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    old = office.sign_in("reviewer-1").token
    office.accounts.change_rights(user_id, [Role.VIEWER], frozenset({"acme"}))
    found = office.accounts.person_of(old)
    assert found is not None
    assert found.new_token is not None
    assert found.person.roles == {Role.VIEWER}
    assert found.person.accounts == frozenset({"acme"})
    assert not is_open(office, old)
    again = office.accounts.person_of(found.new_token)
    assert again is not None
    assert (again.session_id, again.new_token) == (found.session_id, None)


def test_of_requests_at_the_same_moment_one_gets_the_new_token(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    old = office.sign_in("reviewer-1").token
    office.accounts.change_rights(user_id, [Role.VIEWER], None)
    start, found = threading.Barrier(4), []

    def ask() -> None:
        start.wait()
        found.append(office.accounts.person_of(old))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (one,) = [session for session in found if session is not None]
    assert one.new_token is not None
    assert is_open(office, one.new_token)


def test_a_person_who_is_disabled_is_out_at_once(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    token = office.sign_in("reviewer-1").token
    office.accounts.disable(user_id)
    assert not is_open(office, token)
    office.accounts.enable(user_id)
    assert not is_open(office, token)
    assert office.sign_in("reviewer-1")


def test_whose_session_it_is_can_be_asked_without_going_on_by_it(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    found = office.accounts.person_of(office.sign_in("reviewer-1").token)
    assert found is not None
    assert office.accounts.person_now(found.session_id) == found.person
    office.accounts.change_rights(user_id, [Role.VIEWER], frozenset({"acme"}))
    less = office.accounts.person_now(found.session_id)
    assert less is not None
    assert less.roles == {Role.VIEWER}
    assert less.accounts == frozenset({"acme"})
    office.clock.advance(seconds=IDLE.total_seconds() + 1)
    assert office.accounts.person_now(found.session_id) is None, "asking is no request of theirs"


@pytest.mark.parametrize("ended", ["disabled", "password", "signed out"])
def test_a_session_that_ended_is_nobodys(office: Office, ended: str) -> None:
    user_id, token = office.hire("reviewer-1", Role.REVIEWER), office.sign_in("reviewer-1").token
    found = office.accounts.person_of(token)
    assert found is not None
    if ended == "disabled":
        office.accounts.disable(user_id)
    elif ended == "password":
        office.accounts.change_password(user_id, PASSWORD, "another long password", ADDRESS)
    else:
        office.accounts.sign_out(token)
    assert office.accounts.person_now(found.session_id) is None


def test_a_new_password_ends_all_sessions(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    old = office.sign_in("reviewer-1").token
    new = office.accounts.change_password(user_id, PASSWORD, "another long password", ADDRESS)
    assert (is_open(office, old), is_open(office, new.token)) == (False, True)


def test_a_person_has_some_sessions_and_not_any_number(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    tokens = []
    for _ in range(SESSIONS_MAX + 1):
        office.clock.advance(seconds=1)
        tokens.append(office.sign_in("reviewer-1").token)
    assert [is_open(office, token) for token in tokens] == [False] + [True] * SESSIONS_MAX


@pytest.mark.parametrize("token", ["", "x" * 100_000, "\0", "\ud800", "' OR 1=1 --"])
def test_a_token_that_is_none_opens_nothing(office: Office, token: str) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    office.sign_in("reviewer-1")
    assert not is_open(office, token)


def test_what_ended_is_forgotten_and_what_goes_on_is_not(office: Office) -> None:
    office.hire("reviewer-1", Role.REVIEWER)
    office.sign_in("reviewer-1")
    office.accounts.new_person("other", [Role.VIEWER], None)
    office.clock.advance(hours=25)
    token = office.sign_in("reviewer-1").token
    office.accounts.forget_what_ended()
    with office.database.transaction() as connection:
        counted = {
            table: connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()
            for table in ("sessions", "one_time_links", "sign_in_attempts")
        }
    assert counted == {"sessions": {"n": 1}, "one_time_links": {"n": 0}, "sign_in_attempts": {"n": 3}}
    assert is_open(office, token)
