"""Somebody of one merchant account asks every route for what belongs to another, by ids that are right."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Final

import pytest

from dashboards.console.pages.payment import payment_address
from desk.accounts import Role
from desk.database import DeskDatabase
from streams.warehouse.database import Database
from tests.console.scene import person
from tests.console.test_gates import routes
from tests.console.test_role_matrix import VALUES
from tests.console.warehouse_server import analyst_url, warehouse_server
from tests.console.whole_console import WholeConsole
from tests.support.shared_postgres import desk_database, desk_url

__all__ = ["analyst_url", "desk_database", "desk_url", "warehouse_server"]

THEIRS: Final = ("device-tester", "tok_card_story", "wholesale buyer")
SECRET: Final = "seen by nobody else"

ENGINES: Final = count()
"""An engine a test: the warehouse is everybody's, and a range of a log that is stored once stays."""


@pytest.fixture
def console(database: Database, analyst_url: str, desk_database: DeskDatabase) -> Iterator[WholeConsole]:
    client = database.client()
    made = WholeConsole(client, analyst_url, desk_database, f"other-accounts-{next(ENGINES)}", SECRET)
    yield made
    made.close()
    client.close()


def addresses(console: WholeConsole) -> list[str]:
    """Every route that reads, by the ids of the payment that has a story, and selections that hold it."""
    story = payment_address("acme", "story-1")
    query = story.partition("?")[2]
    ids = {**VALUES, "review_id": str(console.queue.id_of("story-1")), "proposal_id": console.proposal}
    found = [
        story, *console.paths().values(), "/payments?account=acme&within=365d", "/search/results?q=story-1",
        "/payments/selection.csv?within=365d&account=acme", "/audit/entries.csv",
        "/search/results?q=tok_card",
    ]  # fmt: skip
    for route in routes(console.scene.app):
        method, _, path = route.partition(" ")
        if method == "GET" and path != "/live/events":
            filled = re.sub(r"{(\w+)(?::\w+)?}", lambda place: ids[place[1]], path)
            found += [filled, f"{filled}?{query}"]
    return found


def test_the_payment_is_there_for_who_may_see_it(console: WholeConsole) -> None:
    assert SECRET in console.scene.client.get(payment_address("acme", "story-1")).text


def test_nothing_of_another_account_is_read_or_changed_on_any_route(console: WholeConsole) -> None:
    scene, review = console.scene, console.queue.id_of("story-1")
    before = console.queue.state(review)
    stranger = person(tuple(Role), ["nobody-sells-here"], "stranger")
    scene.client.cookies.set("session", scene.people.enter(stranger))
    client, token = scene.client_that_is_told_of_faults(), scene.token()
    assert "stranger" in client.get("/account").text
    query = payment_address("acme", "story-1").partition("?")[2]
    for address in addresses(console):
        text = client.get(address).text
        assert not [each for each in (*THEIRS, SECRET) if each in text.replace(address, "")], address
    for route in routes(scene.app):
        method, _, path = route.partition(" ")
        if method == "POST" and path.startswith(("/review", "/payments")):
            filled = path.replace("{review_id}", str(review))
            sent = {"csrf": token, "verdict": "approve", "note": "mine", "label": "fraud", "ids": str(review)}
            answer = client.post(f"{filled}?{query}", data=sent, headers={"origin": scene.origin})
            assert SECRET not in answer.text, route
    assert console.queue.state(review) == before
