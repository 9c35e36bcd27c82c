"""The Lists page: entries, who put them there, and how one comes and goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboards.console.pages.lists import PAGE
from dashboards.console.pages.lists.list_desk import ListDesk, list_desk
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from desk.audit import AuditFilter, AuditTrail
from desk.changes import SecondPerson
from desk.database import DeskDatabase
from models.messages import Control, ListChange
from streams.errors import Outage
from tests.console.scene import NOW, Scene, person
from tests.desk.view_people import known_as

ATTACK = "<script>alert(1)</script>"
ENTRY = ("blocked_bins", "400001", "operator", "an attack", NOW, NOW + timedelta(days=3))


class ListScene(Scene):
    """A browser on the Lists page, and a log that remembers."""

    def __init__(self, database: DeskDatabase, roles: Any = (Role.ANALYST,), accounts: Any = None) -> None:
        super().__init__(roles, accounts, [PAGE], database=database)
        self.log: list[Control] = []
        self.is_down = False
        desk = ListDesk("live", database, AuditTrail(lambda: NOW), self._publish)
        self.app.dependency_overrides[list_desk] = lambda: desk
        self.warehouse.answers |= {
            "lists/lists": Rows(
                ("list", "entries", "expired", "ending_soon", "changed_at"), [("blocked_bins", 1, 0, 1, NOW)]
            ),
            "lists/entries": Rows(("list", "value", "author", "reason", "since", "expires_at"), [ENTRY]),
            "lists/entry": Rows(("list", "value"), [ENTRY[:2]]),
        }

    def _publish(self, engine: str, control: Control) -> int:
        assert engine == "live"
        if self.is_down:
            raise Outage("Kafka does not answer")
        self.log.append(control)
        return len(self.log) - 1

    def noted(self) -> list[tuple[str, str]]:
        with self.parts.database.transaction() as connection:
            found = AuditTrail(lambda: NOW).entries(connection, AuditFilter())
        return [(entry.action, entry.subject) for entry in found]


@pytest.fixture
def scene(desk_database: DeskDatabase) -> ListScene:
    return ListScene(desk_database)


def entry(**changes: str) -> dict[str, str]:
    return {"name": "blocked_bins", "value": "400002", "lasts": "7", "reason": "card testing"} | changes


def test_entries_are_shown_with_who_and_why(scene: ListScene) -> None:
    page = scene.client.get("/lists?name=blocked_bins").text
    for text in ("400001", "operator", "an attack", "blocked_bins"):
        assert text in page


def test_an_entry_is_put_on_a_list_with_its_author_reason_and_end(scene: ListScene) -> None:
    assert scene.post("/lists/add", entry()).status_code == 303
    (control,) = scene.log
    end = round((NOW + timedelta(days=7)).timestamp() * 1000)
    assert control.change == ListChange("blocked_bins", "400002", True, end, "block", "avery", "card testing")
    assert (control.author, control.reason) == ("avery", "card testing")
    assert scene.noted() == [("list_entry_added", "list:blocked_bins")]


@pytest.mark.parametrize(
    ("lasts", "until", "end"),
    [("ever", "", None), ("date", "2026-12-31", datetime(2026, 12, 31, tzinfo=UTC))],
)
def test_an_entry_lasts_as_long_as_was_said(
    scene: ListScene, lasts: str, until: str, end: datetime | None
) -> None:
    scene.post("/lists/add", entry(lasts=lasts, until=until))
    change = scene.log[0].change
    assert isinstance(change, ListChange)
    assert change.expires_at == (None if end is None else round(end.timestamp() * 1000))


@pytest.mark.parametrize(
    "changed",
    [
        {"value": "4000"}, {"value": "4111111111111111"}, {"name": "Blocked Bins"}, {"reason": " "},
        {"lasts": "2"}, {"lasts": "date", "until": "soon"}, {"lasts": "date", "until": "2020-01-01"},
        {"value": ""},
    ],
)  # fmt: skip
def test_what_could_not_act_is_refused_and_what_was_typed_stays(
    scene: ListScene, changed: dict[str, str]
) -> None:
    answer = scene.post("/lists/add", entry(**changed))
    assert answer.status_code == 422
    assert "Not done" in answer.text
    assert scene.log == []
    assert scene.noted() == []


def test_a_value_is_taken_off(scene: ListScene) -> None:
    fields = {"name": "blocked_bins", "value": "400001", "reason": "a mistake"}
    assert scene.post("/lists/remove", fields).status_code == 303
    assert scene.log[0].change == ListChange(
        "blocked_bins", "400001", False, None, "block", "avery", "a mistake"
    )
    scene.warehouse.answers["lists/entry"] = Rows(("list", "value"), [])
    assert scene.post("/lists/remove", fields).status_code == 409


def test_where_the_log_is_away_nothing_is_noted(scene: ListScene) -> None:
    scene.is_down = True
    assert scene.post("/lists/add", entry()).status_code == 503
    assert scene.noted() == []


def test_the_page_is_for_who_may_see_tokens_of_all_merchants(desk_database: DeskDatabase) -> None:
    assert ListScene(desk_database, [Role.VIEWER]).client.get("/lists").status_code == 403
    assert ListScene(desk_database, [Role.ANALYST], ["acme"]).client.get("/lists").status_code == 403
    reviewer = ListScene(desk_database, [Role.REVIEWER])
    assert "Add entry" not in reviewer.client.get("/lists").text
    for path in ("/lists/add", "/lists/remove"):
        assert reviewer.post(path, entry()).status_code == 403
    assert reviewer.client.get("/lists/entries.csv").status_code == 403
    assert reviewer.log == []


def test_the_selection_as_csv_runs_no_formula(scene: ListScene) -> None:
    row = ("blocked_bins", "400001", "operator", "=cmd()", NOW, None)
    scene.warehouse.answers["lists/entries"] = Rows(
        ("list", "value", "author", "reason", "since", "expires_at"), [row]
    )
    text = scene.client.get("/lists/entries.csv?name=blocked_bins").text
    assert "'=cmd()" in text


def test_what_people_wrote_is_text(scene: ListScene) -> None:
    row = ("blocked_bins", ATTACK, ATTACK, ATTACK, NOW, None)
    scene.warehouse.answers["lists/entries"] = Rows(
        ("list", "value", "author", "reason", "since", "expires_at"), [row]
    )
    scene.warehouse.answers["lists/history"] = Rows(
        ("appended_at", "list", "value", "present", "expires_at", "author", "signers", "reason"),
        [(NOW, ATTACK, ATTACK, True, None, ATTACK, [ATTACK], ATTACK)],
    )
    for path in ("/lists", "/lists/history", f"/lists?name={ATTACK}&value={ATTACK}"):
        assert ATTACK not in scene.client.get(path).text
    assert ATTACK not in scene.post("/lists/add", entry(name=ATTACK, value=ATTACK, reason=ATTACK)).text


class TwoPeopleScene(ListScene):
    """The same, where every change waits for a second person."""

    def __init__(self, database: DeskDatabase) -> None:
        super().__init__(database)
        trail = AuditTrail(lambda: NOW)
        second = SecondPerson(database, trail, lambda: NOW, "live", "list")
        desk = ListDesk("live", database, trail, self._publish, second)
        self.app.dependency_overrides[list_desk] = lambda: desk
        self.second = second

    def other_person(self) -> None:
        """From here on somebody else with the same rights sits at the browser."""
        other = person([Role.ANALYST], name="second-1")
        self.client.cookies.clear()
        self.client.cookies.set("session", self.people.enter(other))

    def confirm(self) -> int:
        (asked,) = self.second.waiting()
        return self.post("/lists/confirm", {"asked_id": str(asked.asked_id)}).status_code


def test_an_entry_waits_for_a_second_person_and_is_what_was_asked_for(desk_database: DeskDatabase) -> None:
    scene = TwoPeopleScene(desk_database)
    answer = scene.post("/lists/add", entry(reason=ATTACK))
    assert answer.headers["location"].endswith("done=asked")
    assert scene.log == []
    assert scene.confirm() == 409, "who asked does not confirm"
    assert "/lists/confirm" not in scene.client.get("/lists/asked").text
    scene.other_person()
    shown = scene.client.get("/lists/asked").text
    assert "/lists/confirm" in shown
    assert ATTACK not in shown
    assert scene.confirm() == 303
    (control,) = scene.log
    assert isinstance(control.change, ListChange)
    assert (control.change.value, control.change.present) == ("400002", True)
    assert control.change.expires_at == round((NOW + timedelta(days=7)).timestamp() * 1000)
    assert "asked for by avery, confirmed by second-1" in str(control.reason)
    assert {"list_change_asked", "list_change_confirmed"} <= {action for action, _ in scene.noted()}


def test_what_was_confirmed_is_done_once_and_waits_on_where_kafka_is_down(
    desk_database: DeskDatabase,
) -> None:
    scene = TwoPeopleScene(desk_database)
    scene.post("/lists/add", entry())
    (asked,) = scene.second.waiting()
    scene.other_person()
    scene.is_down = True
    assert scene.confirm() == 503
    scene.is_down = False
    assert scene.confirm() == 303
    again = scene.post("/lists/confirm", {"asked_id": str(asked.asked_id)})
    assert (again.status_code, len(scene.log)) == (409, 1)


def test_taking_off_waits_too_and_so_many_wait_at_most(
    desk_database: DeskDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desk.changes import seconds

    scene = TwoPeopleScene(desk_database)
    scene.post("/lists/remove", {"name": "blocked_bins", "value": "400001", "reason": "over"})
    assert scene.log == []
    monkeypatch.setattr(seconds, "WAITING_MAX", 1)
    assert scene.post("/lists/add", entry()).status_code == 422
    scene.other_person()
    assert scene.confirm() == 303
    assert isinstance(scene.log[0].change, ListChange)
    assert not scene.log[0].change.present


def test_a_view_keeps_which_list_and_value_and_may_be_the_default(scene: ListScene) -> None:
    known_as(scene.parts.database, scene.person)
    kept = {"page": "lists", "path": "/lists", "name": "our BINs", "query": "name=blocked_bins&value=4000"}
    address = scene.post("/views/save", kept).headers["location"]
    assert address.startswith("/lists?name=blocked_bins&value=4000&view=")
    page = scene.client.get(address).text
    assert "our BINs" in page
    assert 'name="view"' in page
    scene.post(f"/views/{address.rpartition('=')[2]}/default", kept | {"is_default": "true"})
    assert scene.client.get("/lists").headers["location"] == address
    refused = scene.post("/lists/add", entry(lasts="never"))
    assert refused.status_code == 422
    assert 'href="/lists?view=none"' in refused.text
