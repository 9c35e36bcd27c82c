"""A run of reviews: what opens next, how far it is, and what was taken back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboards.console.pages import review
from desk.database import DeskDatabase
from desk.people import Role
from tests.console.scene import NOW, Scene
from tests.desk.conftest import desk_database, desk_url
from tests.desk.review_cases import Queue, queue_on

__all__ = ["desk_database", "desk_url"]


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


def three(queue: Queue) -> list[int]:
    return [queue.arrives(name, probability=chance) for name, chance in (("a", 0.9), ("b", 0.5), ("c", 0.1))]


def test_a_verdict_on_a_payment_opened_from_the_list_opens_the_next_in_the_frozen_order(
    scene: Scene, queue: Queue
) -> None:
    first, second, third = three(queue)
    assert "1 of 3" not in scene.client.get(f"/review/{second}").text
    assert "2 of 3" in scene.post(f"/review/{second}/claim", {}).text
    queue.arrives("late", probability=0.99)
    answer = scene.post(f"/review/{second}/verdict", {"conclusion": "decline"})
    assert answer.headers["location"] == f"/review/{first}"
    answer = scene.post(f"/review/{first}/verdict", {"conclusion": "decline"})
    assert answer.headers["location"] == f"/review/{third}"


def test_a_run_that_is_going_on_is_not_begun_anew_from_the_list(scene: Scene, queue: Queue) -> None:
    first, second, _ = three(queue)
    scene.post("/review/run", {})
    late = queue.arrives("late", probability=0.99)
    scene.post(f"/review/{late}/claim", {})
    assert "Your run of 3" in scene.client.get(f"/review/{late}").text
    answer = scene.post(f"/review/{late}/verdict", {"conclusion": "decline"})
    assert answer.headers["location"] == f"/review/{first}"
    assert second


def test_a_run_says_how_far_it_is_and_what_was_done_in_it(scene: Scene, queue: Queue) -> None:
    first, second, third = three(queue)
    queue.arrives("d", probability=0.05)
    scene.post("/review/run", {})
    scene.post(f"/review/{first}/verdict", {"conclusion": "decline"})
    queue.all("UPDATE review_actions SET done_at = done_at - interval '1 s' RETURNING 1")
    queue.all("UPDATE review_runs SET began_at = began_at - interval '1 min' RETURNING 1")
    scene.post(f"/review/{second}/verdict", {"conclusion": "approve"})
    scene.post("/review/undo", {})
    scene.post(f"/review/{second}/verdict", {"conclusion": "approve"})
    scene.post(f"/review/{third}/escalate", {"reason": "ask"})
    text = " ".join(scene.client.get("/review").text.split())
    assert "1 approved, 1 declined, 1 escalated, 1 taken back" in text
    assert "1 left in the run, 1 open in the queue" in text
    assert "4 of 4" in scene.client.get(f"/review/{queue.id_of('d')}").text


def test_what_was_taken_back_is_said_and_in_view(scene: Scene, queue: Queue) -> None:
    one, other = queue.arrives("a", card="c", probability=0.9), queue.arrives("b", card="c")
    scene.post("/review/run", {})
    scene.post(f"/review/{one}/verdict", {"conclusion": "decline", "also": [other]})
    place = scene.post("/review/undo", {}).headers["location"]
    assert place == f"/review/{one}"
    assert "Taken back: you had declined payments a, b. They are open again." in scene.client.get(place).text
    scene.post(f"/review/{one}/verdict", {"conclusion": "approve"})
    assert "Taken back" not in scene.client.get("/review").text


def test_what_is_open_no_more_is_said_when_it_was_taken_back(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    scene.post("/review/run", {})
    scene.post(f"/review/{one}/verdict", {"conclusion": "decline"})
    queue.all("UPDATE reviews SET state = 'withdrawn', conclusion = NULL RETURNING 1")
    place = scene.post("/review/undo", {}).headers["location"]
    assert "payment a. It is not open again" in scene.client.get(place).text


def test_undo_says_so_where_there_is_nothing_to_take_back(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    assert 'data-key="u"' in scene.client.get(f"/review/{one}").text
    for fields in ({}, {"here": one}):
        answer = scene.post("/review/undo", fields)
        assert (answer.status_code, "nothing to take back" in answer.text) == (409, True)
        assert ("<title>Payment a" in answer.text) == bool(fields)


def test_what_was_taken_back_is_not_told_for_ever(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    scene.post("/review/run", {})
    scene.post(f"/review/{one}/verdict", {"conclusion": "decline"})
    scene.post("/review/undo", {})
    queue.all("UPDATE review_actions SET done_at = done_at - %s RETURNING 1", timedelta(minutes=5))
    assert "Taken back" not in scene.client.get("/review").text
