"""Every route of the console with every role, in and out, with and without merchant accounts.

The table below is written by hand, beside the code: a route that is new, gone or has another gate fails here
until somebody has decided who may use it.
"""

import re
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import httpx
import pytest

from desk.accounts import MAY, Action, Role
from tests.console.scene import Scene
from tests.console.test_gates import ONES_OWN, OPEN, routes

TABLE: Final = """
see_live       GET /live; GET /live/events; GET /cohorts; GET /meters; GET /meters/readings;
               POST /views/{view_id}/default
see_payments   GET /payments; GET /payments/payment; GET /payments/payment/timeline;
               GET /payments/payment/habit; GET /payments/payment/linked; GET /rules; GET /rules/shadow;
               GET /rules/history; GET /rules/taken-up;
               GET /rules/history/{version}; GET /rules/proposals; GET /rules/proposals/{proposal_id};
               GET /rules/backtests/{backtest_id}; GET /models; GET /models/figures; GET /models/history;
               GET /models/asked; GET /models/registry; GET /models/registry/versions
see_tokens     GET /payments/payment/features; POST /payments/payment/why-not; POST /payments/payment/what-if;
               GET /lists; GET /lists/history; GET /lists/asked
export         GET /payments/selection.csv; GET /cohorts/weeks.csv; GET /cohorts/merchants.csv;
               GET /lists/entries.csv; POST /explore/csv; GET /meters.csv;
               GET /pipeline/dead-letters.csv
explore        GET /explore; POST /explore/run; GET /explore/schema; POST /explore/cancel
save_query     POST /views/save; POST /views/{view_id}/overwrite; POST /views/{view_id}/rename;
               POST /views/{view_id}/delete; POST /explore/queries; POST /explore/queries/{query}/rename;
               POST /explore/queries/{query}/delete
share_view     POST /views/{view_id}/share; POST /explore/queries/{query}/share
review         GET /review; POST /review/run; POST /review/leave; POST /review/undo; GET /review/{review_id};
               POST /review/{review_id}/claim; POST /review/{review_id}/presence;
               POST /review/{review_id}/verdict; POST /review/{review_id}/pass; POST /review/{review_id}/note
escalate       POST /review/{review_id}/escalate
change_rules   GET /rules/edit; GET /rules/words; POST /rules/check; POST /rules/discard;
               POST /rules/propose; POST /rules/field; POST /rules/add;
               POST /rules/history/{version}/rollback;
               POST /rules/backtests; POST /rules/proposals/{proposal_id}/withdraw;
               POST /rules/proposals/{proposal_id}/edit-again
approve_rules  POST /rules/proposals/{proposal_id}/approve; POST /rules/proposals/{proposal_id}/publish;
               POST /rules/proposals/{proposal_id}/reject
change_lists   POST /lists/add; POST /lists/remove; POST /lists/confirm
change_models  POST /models/promote; POST /models/roll-back; POST /models/withdraw;
               POST /models/confirm
see_pipeline   GET /pipeline; GET /pipeline/lag; GET /pipeline/batches; GET /pipeline/dead-letters;
               GET /pipeline/dead-letters/acts; GET /pipeline/dead-letters/{topic}/{partition}/{offset}
replay_dead_letters  POST /pipeline/dead-letters/act;
               POST /pipeline/dead-letters/{topic}/{partition}/{offset}/fix
see_audit      GET /audit; GET /audit/entries.csv
manage_users   GET /people; GET /people/new; POST /people/new; GET /people/{user_id};
               POST /people/{user_id}/rights; POST /people/{user_id}/link; POST /people/{user_id}/disable;
               POST /people/{user_id}/enable; POST /people/{user_id}/sessions/end
"""
ENGINE_WIDE: Final = ("/rules", "/lists", "/models", "/pipeline")
"""Of whom sees some merchant accounts only these are refused whatever their role."""
NOT_YOURS: Final = "Your roles do not include this"
WHOLE_ENGINE: Final = "This page is about the whole engine"
VALUES: Final = {
    "view_id": str(UUID(int=1)), "proposal_id": str(UUID(int=1)), "backtest_id": str(UUID(int=1)),
    "user_id": str(UUID(int=1)), "query": str(UUID(int=1)), "review_id": str(UUID(int=1)),
    "version": "0" * 16, "topic": "live.payments", "partition": "0", "offset": "1", "token": "x",
}  # fmt: skip


def table() -> dict[str, Action]:
    """The action of each route, of the table."""
    found: dict[str, Action] = {}
    action = None
    for line in filter(None, TABLE.splitlines()):
        head = re.match(r"(\w+)\s+(?=GET|POST)", line)
        if head and head[1].islower():
            action = Action(head[1])
        rest = line[head.end() :] if head and head[1].islower() else line
        assert action is not None
        found |= {route.strip(): action for route in rest.split(";") if route.strip()}
    return found


def walked(scene: Scene) -> Iterator[tuple[str, Action, httpx.Response]]:
    """Each route's answer to a form as the console's own pages send it."""
    client, token = scene.client_that_is_told_of_faults(), scene.token()
    for route, action in table().items():
        method, _, path = route.partition(" ")
        if path == "/live/events" and scene.person.may(action):
            continue  # a stream without an end: `test_live.py`
        yield route, action, ask(client, method, path, token, scene.origin)


def ask(client: httpx.Client, method: str, path: str, token: str, origin: str) -> httpx.Response:
    """One request, with something in each place of the path."""
    filled = re.sub(r"{(\w+)(?::\w+)?}", lambda place: VALUES[place[1]], path)
    if method == "GET":
        return client.get(filled)
    return client.request(method, filled, data={"csrf": token}, headers={"origin": origin})


def test_the_table_holds_every_route_with_its_action_and_no_other() -> None:
    from tests.console.test_gates import gates

    known = {
        name: next(iter(set(gates(route.dependant)))).action for name, route in routes(Scene().app).items()
    }
    known = {name: action for name, action in known.items() if name not in OPEN | ONES_OWN}
    assert known == table()


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_through_where_it_may_and_nowhere_else(role: Role) -> None:
    for route, action, answer in walked(Scene(roles=[role])):
        is_refused = answer.status_code == 403 and NOT_YOURS in answer.text
        assert is_refused == (role not in MAY[action]), (route, answer.status_code)


def test_without_a_role_nothing_but_ones_own_is_open() -> None:
    for route, _, answer in walked(Scene(roles=[])):
        assert answer.status_code == 403, route
        assert NOT_YOURS in answer.text, route


def test_without_a_session_every_route_leads_to_the_sign_in_page() -> None:
    scene = Scene(roles=None)
    token = scene.token("/sign-in")
    for route in [*table(), *ONES_OWN]:
        method, _, path = route.partition(" ")
        answer = ask(scene.client, method, path, token, scene.origin)
        assert answer.status_code == 303, route
        assert answer.headers["location"].startswith("/sign-in"), route


@pytest.mark.parametrize("accounts", [["bakery"], []])
def test_whoever_sees_some_merchant_accounts_is_kept_out_of_the_whole_engines_pages(
    accounts: list[str],
) -> None:
    for route, _, answer in walked(Scene(accounts=accounts)):
        is_wide = route.partition(" ")[2].startswith(ENGINE_WIDE)
        is_refused = answer.status_code == 403 and WHOLE_ENGINE in answer.text
        assert is_refused == is_wide, (route, answer.status_code)


def test_every_question_to_the_warehouse_is_asked_within_the_merchant_accounts() -> None:
    scene = Scene(accounts=["bakery"])
    for _ in walked(scene):
        pass
    assert scene.warehouse.asked_for
    assert {scope for _, _, scope in scene.warehouse.asked_for} == {frozenset({"bakery"})}


def test_whoever_sees_no_merchant_account_asks_the_warehouse_nothing() -> None:
    scene = Scene(accounts=[])
    for _ in walked(scene):
        pass
    assert scene.warehouse.asked_for == []


@pytest.mark.parametrize("origin", ["https://example.com", "null", None])
def test_no_form_of_another_page_gets_through_to_any_route(origin: str | None) -> None:
    scene = Scene()
    token = scene.token()
    for route in routes(scene.app):
        method, _, path = route.partition(" ")
        if method == "GET":
            continue
        filled = re.sub(r"{(\w+)(?::\w+)?}", lambda place: VALUES[place[1]], path)
        headers = {} if origin is None else {"origin": origin}
        for sent in ({"csrf": token}, {}):
            answer = scene.client.post(filled, data=sent, headers=headers)
            assert (answer.status_code, "did not come from a page" in answer.text) == (403, True), route


def test_no_form_without_its_token_gets_through_to_any_route() -> None:
    scene, other = Scene(), Scene()
    theirs = other.token()
    for route in routes(scene.app):
        method, _, path = route.partition(" ")
        if method == "GET":
            continue
        filled = re.sub(r"{(\w+)(?::\w+)?}", lambda place: VALUES[place[1]], path)
        for sent in ({}, {"csrf": theirs}, {"csrf": ["", theirs]}):
            answer = scene.client.post(filled, data=sent, headers={"origin": scene.origin})
            assert (answer.status_code, "out of date" in answer.text) == (403, True), route
