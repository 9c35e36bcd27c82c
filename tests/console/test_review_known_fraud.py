"""Payments that are known as fraud before anybody has looked: warned of, and never approved in silence."""

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from dashboards.console.pages import review
from dashboards.console.pages.payment import source_words
from dashboards.console.pages.review.known_frauds import AT_ONCE_MAX, known_frauds_soon
from dashboards.console.warehouse import Rows, WarehouseDown
from desk.database import DeskDatabase
from desk.people import Role
from desk.reviews import waiting
from models.labels.strength import STRENGTH
from tests.console.scene import NOW, Scene
from tests.desk.conftest import desk_database, desk_url
from tests.desk.review_cases import Queue, queue_on

__all__ = ["desk_database", "desk_url"]
COLUMNS = ("merchant_account", "payment_id", "attempt", "source", "last_known_at")


@pytest.fixture
def queue(desk_database: DeskDatabase) -> Queue:
    queue = queue_on(desk_database)
    queue.clock.now = NOW
    return queue


@pytest.fixture
def scene(desk_database: DeskDatabase) -> Iterator[Scene]:
    made = Scene([Role.REVIEWER], shown=[review.PAGE], database=desk_database)
    yield made
    made.client.close()


def known(scene: Scene, *payment_ids: str) -> None:
    """These payments have a chargeback."""
    rows = [("acme", each, 1, "chargeback", datetime(2026, 6, 14, 8)) for each in payment_ids]
    scene.warehouse.answers["review/known_frauds"] = lambda asked: Rows(
        COLUMNS, [row for row in rows if row[1] in asked["payment_ids"]]
    )


def said(scene: Scene, review_id: int, **fields: Any) -> Any:
    scene.post(f"/review/{review_id}/claim", {})
    return scene.post(f"/review/{review_id}/verdict", {"conclusion": "approve", **fields})


def told(queue: Queue, action: str) -> list[Any]:
    return queue.all("SELECT detail FROM audit_entries WHERE action = %s ORDER BY entry_id", action)


def test_a_known_fraud_is_warned_of_in_the_queue_and_on_its_card(scene: Scene, queue: Queue) -> None:
    one, other = queue.arrives("a"), queue.arrives("b")
    known(scene, "a")
    assert scene.client.get("/review").text.count("known as fraud") == 1
    assert "known as fraud already: a chargeback" in scene.client.get(f"/review/{one}").text
    assert "known as fraud" not in scene.client.get(f"/review/{other}").text


def test_a_known_fraud_is_approved_with_a_reason_only_and_told_apart(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    known(scene, "a")
    for reason in ("", "  \n "):
        refused = said(scene, one, reason=reason)
        assert refused.status_code == 409
        assert "is known as fraud (chargeback, 2026-06-14)" in refused.text
        assert queue.state(one) == ("waiting", "main")
    assert said(scene, one, reason="the cardholder called").status_code == 303
    assert queue.state(one) == ("judged", "main")
    (detail,) = told(queue, "review_against_label")
    assert (detail["source"], detail["reason"]) == ("chargeback", "the cardholder called")


def test_a_known_fraud_is_declined_without_more_words(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    known(scene, "a")
    assert said(scene, one, conclusion="decline").status_code == 303
    assert told(queue, "review_against_label") == []


def test_an_approval_of_linked_payments_with_a_known_fraud_among_them_takes_a_reason(
    scene: Scene, queue: Queue
) -> None:
    one, other = queue.arrives("a", card="card-1"), queue.arrives("b", card="card-1")
    known(scene, "b")
    refused = said(scene, one, also=[other])
    assert (refused.status_code, "Payment b is known as fraud" in refused.text) == (409, True)
    assert queue.all("SELECT state FROM reviews") == ["waiting", "waiting"]
    assert said(scene, one, also=[other], reason="same family").status_code == 303
    assert [each["review"] for each in told(queue, "review_against_label")] == [other]


def test_a_label_of_another_account_with_the_same_id_says_nothing(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    scene.warehouse.answers["review/known_frauds"] = Rows(
        COLUMNS, [("bakery", "a", 1, "chargeback", datetime(2026, 6, 14))]
    )
    assert "known as fraud" not in scene.client.get(f"/review/{one}").text
    assert said(scene, one).status_code == 303


def test_where_labels_cannot_be_read_the_page_and_the_audit_trail_say_so(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    scene.warehouse.answers["review/known_frauds"] = WarehouseDown("not there")
    for path in ("/review", f"/review/{one}"):
        assert "known as fraud already cannot be read now" in scene.client.get(path).text
    assert said(scene, one).status_code == 303
    assert [each["review"] for each in told(queue, "review_label_not_read")] == [one]


@pytest.mark.parametrize("source", STRENGTH)
def test_whatever_a_label_rests_on_has_words(source: str) -> None:
    assert " " in source_words(source)


def test_a_page_does_not_wait_for_a_warehouse_that_hangs(scene: Scene, queue: Queue) -> None:
    queue.arrives("a")
    reviews = waiting(queue.desk, scene.person, NOW)
    let_go = threading.Event()

    def hangs(_: Any) -> Rows:
        let_go.wait(60)
        return Rows(COLUMNS, [])

    scene.warehouse.answers["review/known_frauds"] = hangs
    told = [
        known_frauds_soon(scene.parts, scene.person, reviews, wait_s=0.01) for _ in range(AT_ONCE_MAX + 1)
    ]
    assert told == [None] * (AT_ONCE_MAX + 1)
    let_go.set()
    assert len(scene.warehouse.asked_for) <= AT_ONCE_MAX
