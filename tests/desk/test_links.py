"""One-time links: they work once, for a day, for one person."""

import threading
from collections import Counter
from uuid import UUID

import pytest

from desk.accounts import AccountRefused, LinkRefused, PasswordRefused, Role, SignInRefused
from desk.database import DeskDatabase
from tests.desk.account_cases import PASSWORD, Office


@pytest.fixture
def office(desk_database: DeskDatabase) -> Office:
    return Office(desk_database)


def invited(office: Office, name: str = "reviewer-1") -> tuple[UUID, str]:
    return office.accounts.new_person(name, [Role.REVIEWER], None)


def refused(office: Office, token: str) -> bool:
    try:
        office.accounts.use_link(token, PASSWORD)
    except LinkRefused:
        return True
    return False


def test_a_link_sets_a_password_once(office: Office) -> None:
    _, token = invited(office)
    with pytest.raises(SignInRefused):
        office.sign_in("reviewer-1")
    assert office.accounts.use_link(token, PASSWORD).name == "reviewer-1"
    assert office.sign_in("reviewer-1")
    assert refused(office, token)


def test_a_link_works_for_a_day(office: Office) -> None:
    _, token = invited(office)
    office.clock.advance(hours=24)
    assert refused(office, token)


def test_a_new_link_takes_the_place_of_the_one_before(office: Office) -> None:
    user_id, old = invited(office)
    new = office.accounts.one_time_link(user_id)
    assert (refused(office, old), refused(office, new)) == (True, False)


def test_a_link_used_twice_at_the_same_moment_works_once(office: Office) -> None:
    _, token = invited(office)
    start, went = threading.Barrier(4), Counter[bool]()

    def use() -> None:
        start.wait()
        went[refused(office, token)] += 1

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert went == {False: 1, True: 3}


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaaa", "reviewer-1", "reviewer-1!!!!", "x" * 1_025, "\ud800" * 12]
)
def test_a_weak_password_is_refused_and_the_link_still_works(office: Office, password: str) -> None:
    _, token = invited(office)
    with pytest.raises(PasswordRefused):
        office.accounts.use_link(token, password)
    assert not refused(office, token)


def test_using_a_link_ends_sessions_and_keeps_the_app(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    session = office.sign_in("reviewer-1")
    app = office.enrol(user_id)
    office.accounts.use_link(office.accounts.one_time_link(user_id), PASSWORD)
    assert office.accounts.person_of(session.token) is None
    office.clock.advance(seconds=30)
    with pytest.raises(SignInRefused):
        office.sign_in("reviewer-1")
    assert office.sign_in("reviewer-1", app.at(office.clock.now))


def test_a_link_takes_the_app_away_where_it_says_so(office: Office) -> None:
    user_id = office.hire("reviewer-1", Role.REVIEWER)
    office.enrol(user_id)
    office.accounts.use_link(office.accounts.one_time_link(user_id, forget_totp=True), PASSWORD)
    assert office.sign_in("reviewer-1")


def test_a_person_who_is_disabled_has_no_link(office: Office) -> None:
    user_id, token = invited(office)
    office.accounts.disable(user_id)
    assert refused(office, token)
    with pytest.raises(AccountRefused, match="disabled"):
        office.accounts.one_time_link(user_id)
    office.accounts.enable(user_id)
    assert refused(office, token)


@pytest.mark.parametrize("token", ["", "x" * 100_000, "\0", "\ud800"])
def test_a_token_that_is_none_is_no_link(office: Office, token: str) -> None:
    invited(office)
    assert refused(office, token)


def test_the_first_admin_gets_a_link_until_somebody_can_sign_in(office: Office) -> None:
    first = office.accounts.first_admin()
    second = office.accounts.first_admin()
    assert first is not None
    assert second is not None
    assert refused(office, first)
    person = office.accounts.use_link(second, PASSWORD)
    assert (person.name, person.roles, person.accounts) == ("admin", frozenset(Role), None)
    assert office.accounts.first_admin() is None


def test_the_first_admin_gets_a_link_again_after_it_ran_out(office: Office) -> None:
    office.accounts.first_admin()
    office.clock.advance(days=3)
    again = office.accounts.first_admin()
    assert again is not None
    assert not refused(office, again)


def test_consoles_that_start_together_make_one_first_admin(office: Office) -> None:
    start, tokens = threading.Barrier(4), list[str | None]()

    def begin() -> None:
        start.wait()
        tokens.append(office.accounts.first_admin())

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(office.accounts.people()) == 1
    assert [refused(office, token or "") for token in tokens].count(False) == 1
