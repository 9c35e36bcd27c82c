"""Who may change whom: within one's own rights, and never so that nobody is left who may."""

import threading
from uuid import uuid4

import pytest

from desk.accounts import MAY, AccountRefused, Action, Role
from desk.database import DeskDatabase
from tests.desk.account_cases import Office
from tests.desk.people import person


@pytest.fixture
def office(desk_database: DeskDatabase) -> Office:
    return Office(desk_database)


ADMIN = person(Role.ADMIN, name="admin-1")
ACMES_ADMIN = person(Role.ADMIN, accounts=frozenset({"acme"}), name="admin-2")


def test_every_action_is_somebodys_and_viewers_only_look() -> None:
    assert set(MAY) == set(Action)
    assert all(MAY.values())
    assert {action for action in Action if Role.VIEWER in MAY[action]} == {
        Action.SEE_LIVE,
        Action.SEE_PAYMENTS,
    }


def test_who_writes_rules_does_not_approve_them_by_that() -> None:
    assert not MAY[Action.CHANGE_RULES] & MAY[Action.APPROVE_RULES]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_only_an_admin_changes_people(office: Office, role: Role) -> None:
    user_id, by = office.hire("somebody", Role.VIEWER), person(role)
    attempts = [
        lambda: office.accounts.new_person("new", [Role.ADMIN], None, by),
        lambda: office.accounts.change_rights(user_id, [Role.ADMIN], None, by),
        lambda: office.accounts.disable(user_id, by),
        lambda: office.accounts.enable(user_id, by),
        lambda: office.accounts.one_time_link(user_id, by),
        lambda: office.accounts.end_all_sessions(user_id, by),
        lambda: office.accounts.connect_provider(user_id, "https://id.example", "s", by),
        lambda: office.accounts.people(by),
    ]
    for attempt in attempts:
        with pytest.raises(AccountRefused, match="only an admin"):
            attempt()


def test_nobody_gives_themselves_rights(office: Office) -> None:
    user_id = office.hire("somebody", Role.VIEWER)
    token = office.sign_in("somebody").token
    found = office.accounts.person_of(token)
    assert found is not None
    with pytest.raises(AccountRefused):
        office.accounts.change_rights(user_id, [Role.ADMIN], None, found.person)


@pytest.mark.parametrize("scope", [None, frozenset({"other"}), frozenset({"acme", "other"})])
def test_an_admin_of_some_accounts_reaches_nobody_of_others(
    office: Office, scope: frozenset[str] | None
) -> None:
    office.hire("chief", Role.ADMIN)
    theirs = office.hire("theirs", Role.VIEWER, scope=scope)
    mine = office.hire("mine", Role.VIEWER, scope=frozenset({"acme"}))
    attempts = [
        lambda: office.accounts.new_person("new", [Role.ADMIN], scope, ACMES_ADMIN),
        lambda: office.accounts.change_rights(mine, [Role.ADMIN], scope, ACMES_ADMIN),
        lambda: office.accounts.change_rights(theirs, [], frozenset({"acme"}), ACMES_ADMIN),
        lambda: office.accounts.one_time_link(theirs, ACMES_ADMIN),
        lambda: office.accounts.disable(theirs, ACMES_ADMIN),
    ]
    for attempt in attempts:
        with pytest.raises(AccountRefused, match="own"):
            attempt()
    assert [one.person.name for one in office.accounts.people(ACMES_ADMIN)] == ["mine"]
    office.accounts.change_rights(mine, [Role.ANALYST], frozenset({"acme"}), ACMES_ADMIN)


def test_the_last_admin_stays(office: Office) -> None:
    chief = office.hire("chief", Role.ADMIN)
    office.accounts.new_person("invited", [Role.ADMIN], None)  # cannot sign in yet
    office.hire("acmes", Role.ADMIN, scope=frozenset({"acme"}))
    for attempt in (
        lambda: office.accounts.disable(chief),
        lambda: office.accounts.change_rights(chief, [Role.VIEWER], None),
        lambda: office.accounts.change_rights(chief, [Role.ADMIN], frozenset({"acme"})),
    ):
        with pytest.raises(AccountRefused, match="last admin"):
            attempt()
    office.hire("second", Role.ADMIN)
    office.accounts.disable(chief)


def test_two_admins_who_disable_each_other_do_not_both_succeed(office: Office) -> None:
    users = [office.hire("chief", Role.ADMIN), office.hire("second", Role.ADMIN)]
    start, went = threading.Barrier(2), list[bool]()

    def disable(index: int) -> None:
        start.wait()
        try:
            office.accounts.disable(users[index])
            went.append(True)
        except AccountRefused:
            went.append(False)

    threads = [threading.Thread(target=disable, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(went) == [False, True]


def test_a_name_is_one_persons(office: Office) -> None:
    office.hire("somebody", Role.VIEWER)
    with pytest.raises(AccountRefused, match="already"):
        office.accounts.new_person("SomeBody ", [Role.VIEWER], None)


@pytest.mark.parametrize("name", ["", "-x", "a b", "<script>", "x" * 65, "né", "a\nb"])
def test_a_name_is_plain(office: Office, name: str) -> None:
    with pytest.raises(AccountRefused, match="small letters"):
        office.accounts.new_person(name, [Role.VIEWER], None)


def test_one_subject_of_a_provider_is_one_person(office: Office) -> None:
    office.accounts.connect_provider(office.hire("first", Role.VIEWER), "https://id.example", "s-1")
    with pytest.raises(AccountRefused, match="another person"):
        office.accounts.connect_provider(office.hire("second", Role.VIEWER), "https://id.example", "s-1")


def test_a_person_who_is_not_there_cannot_be_changed(office: Office) -> None:
    with pytest.raises(AccountRefused, match="no such person"):
        office.accounts.disable(uuid4())


def test_what_admins_do_is_noted_with_what_was_before(office: Office) -> None:
    user_id = office.hire("somebody", Role.VIEWER)
    office.accounts.change_rights(user_id, [Role.ANALYST], frozenset({"acme"}), ADMIN)
    entry = office.audit()[0]
    assert (entry.name, entry.action, entry.subject) == ("admin-1", "rights_changed", "user:somebody")
    assert entry.detail == {
        "roles": ["analyst"],
        "merchant_accounts": ["acme"],
        "was": {"roles": ["viewer"], "merchant_accounts": None},
    }


def test_what_was_refused_is_not_noted(office: Office) -> None:
    user_id = office.hire("somebody", Role.VIEWER)
    before = len(office.audit())
    with pytest.raises(AccountRefused):
        office.accounts.disable(user_id, person(Role.VIEWER))
    assert len(office.audit()) == before
