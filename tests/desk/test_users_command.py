"""`tollgate users`: from nobody to somebody who signs in."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboards.commands.users import command
from desk.accounts import AccountRefused, Accounts
from desk.database import DeskDatabase
from tests.desk.account_cases import PASSWORD
from tests.desk.people import HandClock


@pytest.fixture(autouse=True)
def installation(desk_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", desk_url)
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))


def users(*arguments: str, code: int = 0) -> str:
    done: Result = CliRunner().invoke(command, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def listed() -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in json.loads(users("list", "--json"))}


def follow(link: str, database: DeskDatabase) -> None:
    Accounts(database, HandClock()).use_link(link.strip().rpartition("/")[2], PASSWORD)


def test_a_person_is_made_changed_disabled_and_let_in_again(desk_database: DeskDatabase) -> None:
    link = users("new", "reviewer-1", "--role", "reviewer", "--merchant-account", "acme")
    assert link.startswith("ADDRESS-OF-THE-CONSOLE/link/")
    assert listed()["reviewer-1"]["state"] == "invited"
    follow(link, desk_database)
    users("roles", "Reviewer-1", "--role", "viewer", "--role", "analyst")
    found = listed()["reviewer-1"]
    assert (found["state"], found["roles"]) == ("active", ["analyst", "viewer"])
    assert found["merchant_accounts"] is None
    users("disable", "reviewer-1")
    assert listed()["reviewer-1"]["state"] == "disabled"
    users("enable", "reviewer-1")
    assert "reviewer-1              active      no    analyst, viewer" in users("list")


def test_a_reset_gives_a_new_link_with_the_consoles_address(
    desk_database: DeskDatabase, tmp_path: Path
) -> None:
    users("new", "reviewer-1", "--role", "reviewer")
    (tmp_path / "run").mkdir()
    (tmp_path / "run/console.json").write_text('{"address": "https://console.example"}')
    link = users("reset", "reviewer-1", "--forget-app")
    assert link.startswith("https://console.example/link/")
    follow(link, desk_database)


def test_a_role_that_is_none_and_a_person_who_is_not_there_are_refused() -> None:
    assert "there are viewer, analyst" in users("new", "somebody", "--role", "boss", code=2)
    with pytest.raises(AccountRefused, match="users list"):
        users("disable", "nobody")


def test_a_person_is_connected_with_an_identity_provider(desk_database: DeskDatabase) -> None:
    users("new", "reviewer-1", "--role", "reviewer")
    users("connect", "reviewer-1", "--issuer", "https://id.example", "--subject", "s-1")
    session = Accounts(desk_database, HandClock()).sign_in_by_provider("https://id.example", "s-1")
    assert session.person.name == "reviewer-1"
