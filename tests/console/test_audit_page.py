"""The audit trail: filtered, in pages, as CSV, within one's merchant accounts."""

from datetime import UTC, datetime

import pytest

from dashboards.console.pages.audit import PAGE
from desk.accounts import Role
from desk.audit import AuditTrail
from desk.database import DeskDatabase
from tests.console.scene import NOW, Scene, person

ATTACK = "<script>alert(1)</script>"
WHO = person([Role.APPROVER], name="avery")


def note(database: DeskDatabase, action: str, subject: str, at: datetime = NOW, **more: object) -> None:
    account = more.pop("merchant_account", None)
    with database.transaction() as connection:
        AuditTrail(lambda: at).note(
            connection, WHO, action, subject, more, merchant_account=None if account is None else str(account)
        )


def scene(database: DeskDatabase, accounts: list[str] | None = None, role: Role = Role.APPROVER) -> Scene:
    return Scene([role], accounts, [PAGE], database=database)


def test_who_did_what_is_shown_the_newest_first(desk_database: DeskDatabase) -> None:
    note(desk_database, "ruleset_proposed", "proposal:1", reason="an attack")
    note(desk_database, "ruleset_approved", "proposal:1")
    page = scene(desk_database).client.get("/audit").text
    assert page.index("ruleset approved") < page.index("ruleset proposed")
    assert "an attack" in page


def test_entries_are_filtered_by_what_to_what_and_when(desk_database: DeskDatabase) -> None:
    note(desk_database, "list_entry_added", "list:blocked_bins", datetime(2026, 6, 1, 23, 59, tzinfo=UTC))
    note(desk_database, "ruleset_approved", "proposal:1", datetime(2026, 6, 2, tzinfo=UTC))
    client = scene(desk_database).client
    assert "proposal:1" not in client.get("/audit?action=list_entry_added").text
    assert "blocked_bins</a>" not in client.get("/audit?subject=proposal:1").text
    until = client.get("/audit?since=2026-06-01&until=2026-06-01").text
    assert "list:blocked_bins" in until
    assert "proposal:1" not in until
    assert client.get("/audit?since=soon").status_code == 422


def test_a_long_trail_comes_in_pages_and_whole_as_csv(desk_database: DeskDatabase) -> None:
    for number in range(101):
        note(desk_database, "payment_seen", f"payment:acme/{number:03}")
    client = scene(desk_database).client
    first = client.get("/audit").text
    assert "payment:acme/100" in first
    assert "payment:acme/000" not in first
    place = first.partition('href="/audit?before=')[2].partition('"')[0]
    assert "payment:acme/000" in client.get(f"/audit?before={place}").text
    assert len(client.get("/audit/entries.csv").text.splitlines()) == 102


def test_a_person_sees_what_is_about_their_merchant_accounts(desk_database: DeskDatabase) -> None:
    note(desk_database, "payment_seen", "payment:acme/1", merchant_account="acme")
    note(desk_database, "payment_seen", "payment:other/2", merchant_account="other")
    client = scene(desk_database, ["acme"]).client
    for path in ("/audit", "/audit/entries.csv"):
        text = client.get(path).text
        assert "payment:acme/1" in text
        assert "payment:other/2" not in text


def test_what_others_do_to_the_whole_engine_is_not_for_who_sees_some_accounts(
    desk_database: DeskDatabase,
) -> None:
    """Lists, people and statements of Explore tell of every merchant account."""
    note(desk_database, "list_entry_added", "list:blocked_cards", value="card-of-another-shop")
    some, everything = scene(desk_database, ["acme"]), scene(desk_database)
    with desk_database.transaction() as connection:
        AuditTrail(lambda: NOW).note(connection, some.person, "view_shared", "view:mine")
    for path in ("/audit", "/audit/entries.csv"):
        text = some.client.get(path).text
        assert "view:mine" in text
        assert "card-of-another-shop" not in text
        assert "card-of-another-shop" in everything.client.get(path).text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.REVIEWER, Role.RULE_AUTHOR])
def test_the_trail_is_for_approvers_and_admins(desk_database: DeskDatabase, role: Role) -> None:
    for path in ("/audit", "/audit/entries.csv"):
        assert scene(desk_database, role=role).client.get(path).status_code == 403


def test_what_people_wrote_is_text(desk_database: DeskDatabase) -> None:
    note(desk_database, "note_added", ATTACK, text=ATTACK, more=[ATTACK], merchant_account=ATTACK)
    client = scene(desk_database).client
    for path in ("/audit", f"/audit?subject={ATTACK}&action={ATTACK}"):
        assert ATTACK not in client.get(path).text


@pytest.mark.parametrize("query", ["action=%00", "subject=a%00b", "before=9223372036854775808"])
def test_what_the_database_cannot_hold_is_not_understood(desk_database: DeskDatabase, query: str) -> None:
    assert scene(desk_database).client.get(f"/audit?{query}").status_code in {400, 422}
