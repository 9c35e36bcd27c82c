"""The audit trail holds what was done, and nobody changes it."""

import psycopg
import pytest

from desk.audit import AuditFilter, AuditTrail
from desk.database import DeskDatabase
from desk.people import Person, Role
from tests.desk.people import HandClock, person

REVIEWER = person(Role.REVIEWER)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def trail(clock: HandClock) -> AuditTrail:
    return AuditTrail(clock)


def note(
    database: DeskDatabase, trail: AuditTrail, action: str, account: str | None, who: Person = REVIEWER
) -> None:
    with database.transaction() as connection:
        trail.note(connection, who, action, "payment:p-1", {"verdict": "approve"}, merchant_account=account)


def actions(database: DeskDatabase, trail: AuditTrail, asked: AuditFilter) -> list[str]:
    with database.transaction() as connection:
        return [entry.action for entry in trail.entries(connection, asked)]


def test_an_entry_says_who_did_what_when_to_what(
    desk_database: DeskDatabase, trail: AuditTrail, clock: HandClock
) -> None:
    note(desk_database, trail, "review_decided", "acme")
    with desk_database.transaction() as connection:
        (entry,) = trail.entries(connection, AuditFilter())
    assert (entry.user_id, entry.name, entry.noted_at) == (REVIEWER.user_id, "reviewer-1", clock.now)
    assert (entry.action, entry.subject) == ("review_decided", "payment:p-1")
    assert (entry.merchant_account, entry.detail) == ("acme", {"verdict": "approve"})


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entries SET name = 'somebody else'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
def test_an_entry_is_never_changed_or_taken_away(
    desk_database: DeskDatabase, trail: AuditTrail, change: str
) -> None:
    note(desk_database, trail, "review_decided", None)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):  # noqa: SIM117
        with desk_database.transaction() as connection:
            connection.execute(change)
    assert actions(desk_database, trail, AuditFilter()) == ["review_decided"]


def test_what_did_not_happen_is_not_noted(desk_database: DeskDatabase, trail: AuditTrail) -> None:
    with pytest.raises(RuntimeError), desk_database.transaction() as connection:  # noqa: PT012 - on purpose
        trail.note(connection, REVIEWER, "review_decided", "payment:p-1")
        raise RuntimeError
    assert actions(desk_database, trail, AuditFilter()) == []


def test_entries_are_those_of_the_accounts_asked_for_and_ones_own_of_none(
    desk_database: DeskDatabase, trail: AuditTrail
) -> None:
    for action, account in (("first", "acme"), ("second", "other"), ("third", None)):
        note(desk_database, trail, action, account)
    assert actions(desk_database, trail, AuditFilter(accounts=frozenset({"acme"}))) == ["first"]
    of_mine = AuditFilter(accounts=frozenset({"acme"}), reader=REVIEWER.user_id)
    assert actions(desk_database, trail, of_mine) == ["third", "first"]
    assert actions(desk_database, trail, AuditFilter(accounts=frozenset())) == []
    assert actions(desk_database, trail, AuditFilter()) == ["third", "second", "first"]


def test_entries_by_action_time_person_and_page(
    desk_database: DeskDatabase, trail: AuditTrail, clock: HandClock
) -> None:
    other = person(Role.ADMIN, name="admin-2")
    note(desk_database, trail, "first", None)
    clock.advance(hours=1)
    note(desk_database, trail, "second", None, other)
    assert actions(desk_database, trail, AuditFilter(action="first")) == ["first"]
    assert actions(desk_database, trail, AuditFilter(since=clock.now)) == ["second"]
    assert actions(desk_database, trail, AuditFilter(until=clock.now)) == ["first"]
    assert actions(desk_database, trail, AuditFilter(user_id=other.user_id)) == ["second"]
    with desk_database.transaction() as connection:
        newest = trail.entries(connection, AuditFilter(limit=1))[0]
    assert actions(desk_database, trail, AuditFilter(before=newest.entry_id)) == ["first"]


def test_text_that_the_database_cannot_hold_is_noted_all_the_same(
    desk_database: DeskDatabase, trail: AuditTrail
) -> None:
    with desk_database.transaction() as connection:
        trail.note(connection, None, "signed", "user:\0" + "x" * 600, {"na\0me": ["\ud800"]})
        (entry,) = trail.entries(connection, AuditFilter())
    assert (entry.name, len(entry.subject)) == ("(operator)", 512)
    assert entry.detail == {"na\ufffdme": ["?"]}
