"""The page Review: what it shows, what its forms do, and for whom."""

from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.console.pages import review
from desk.database import DeskDatabase
from desk.people import Role
from desk.reviews import Conclusion, give, look, open_review
from tests.console.scene import NOW, Scene
from tests.desk.conftest import desk_database, desk_url
from tests.desk.review_cases import BEN, Queue, queue_on

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


def begun(scene: Scene) -> str:
    """Begins a run; where its first payment is."""
    answer = scene.post("/review/run", {"queue": "main"})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_the_queue_is_shown_in_its_order(scene: Scene, queue: Queue) -> None:
    queue.arrives("small", probability=0.1)
    queue.arrives("large", probability=0.9)
    text = scene.client.get("/review").text
    assert text.index("large</code>") < text.index("small</code>")
    assert "many cards from one device" in text


def test_an_empty_queue_says_so(scene: Scene, queue: Queue) -> None:
    assert queue.all("SELECT 1 FROM reviews") == []
    assert "Nothing waits for a person" in scene.client.get("/review").text


def test_a_run_goes_from_payment_to_payment(scene: Scene, queue: Queue) -> None:
    last, first = queue.arrives("b", probability=0.1), queue.arrives("a", probability=0.9)
    assert begun(scene) == f"/review/{first}"
    assert 'value="approve"' in scene.client.get(f"/review/{first}").text
    answer = scene.post(f"/review/{first}/verdict", {"conclusion": "decline", "reason": "stolen"})
    assert answer.headers["location"] == f"/review/{last}"
    assert "You declined a" in scene.client.get(f"/review/{last}").text
    answer = scene.post(f"/review/{last}/verdict", {"conclusion": "approve"})
    assert answer.headers["location"] == "/review"
    assert queue.all("SELECT conclusion FROM reviews ORDER BY review_id") == ["approve", "decline"]


def test_looking_claims_nothing_and_the_form_that_follows_does(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    text = scene.client.get(f"/review/{one}").text
    assert f'hx-post="/review/{one}/claim"' in text
    assert queue.all("SELECT claimed_by FROM reviews") == [None]
    assert 'value="approve"' in scene.post(f"/review/{one}/claim", {}).text
    assert queue.all("SELECT claimed_by FROM reviews") == [scene.person.user_id]


def test_what_another_has_shows_who(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, BEN, one, NOW)
    text = scene.client.get(f"/review/{one}").text
    assert f"<strong>{BEN.name}</strong> has this payment" in text
    assert f"{BEN.name} looks at this too" in text
    answer = scene.post(f"/review/{one}/verdict", {"conclusion": "approve"})
    assert answer.status_code == 409
    assert f"This payment is with {BEN.name} now" in answer.text
    assert BEN.name in scene.post(f"/review/{one}/presence", {}).text


def test_undo_opens_the_payment_again(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    begun(scene)
    scene.post(f"/review/{one}/verdict", {"conclusion": "decline"})
    assert scene.post("/review/undo", {}).headers["location"] == f"/review/{one}"
    assert queue.state(one) == ("waiting", "main")
    answer = scene.post("/review/undo", {})
    assert answer.status_code == 409
    assert "nothing to take back" in answer.text


def test_a_decline_blocks_what_was_asked_and_an_approval_nothing(scene: Scene, queue: Queue) -> None:
    for payment in ("a", "b"):
        queue.arrives(payment)
    for said in ("decline", "approve"):
        one = begun(scene).rpartition("/")[2]
        scene.post(f"/review/{one}/verdict", {"conclusion": said, "block": "card", "block_days": 30})
    assert queue.all("SELECT count(*) FROM outbox WHERE topic = 'list-requests'") == [1]


def test_linked_payments_get_the_same_verdict(scene: Scene, queue: Queue) -> None:
    one, other = queue.arrives("a", card="card-1", probability=0.9), queue.arrives("b", card="card-1")
    assert begun(scene) == f"/review/{one}"
    assert "same card" in scene.client.get(f"/review/{one}").text
    scene.post(f"/review/{one}/verdict", {"conclusion": "decline", "also": [other]})
    assert queue.all("SELECT state FROM reviews") == ["judged", "judged"]


def test_escalate_next_note_and_leave(scene: Scene, queue: Queue) -> None:
    first, second = queue.arrives("a", probability=0.9), queue.arrives("b", probability=0.1)
    begun(scene)
    assert scene.post(f"/review/{first}/pass", {}).headers["location"] == f"/review/{second}"
    assert scene.post(f"/review/{second}/note", {"note": "<script>alert(1)</script>"}).status_code == 303
    assert "&lt;script&gt;alert(1)" in scene.client.get(f"/review/{second}").text
    assert (
        scene.post(f"/review/{second}/escalate", {"reason": "ask"}).headers["location"] == f"/review/{first}"
    )
    assert queue.state(second) == ("waiting", "escalation")
    assert scene.post("/review/leave", {}).headers["location"] == "/review"
    assert queue.all("SELECT 1 FROM reviews WHERE claimed_by IS NOT NULL") == []


def test_a_first_verdict_is_shown_to_the_second_person(desk_database: DeskDatabase, queue: Queue) -> None:
    one = queue.arrives("large", reference_amount=200_000)
    before = queue.clock.now
    open_review(queue.desk, BEN, one, before)
    give(queue.desk, BEN, one, Conclusion.DECLINE, before, reason="looks stolen")
    with desk_database.transaction() as connection:
        connection.execute("UPDATE reviews SET ready_at = arrived_at")
    chief = Scene([Role.APPROVER], shown=[review.PAGE], database=desk_database)
    text = chief.post(f"/review/{one}/claim", {}).text
    assert "looks stolen" in text
    assert "Yours is verdict 2" in text
    chief.post(f"/review/{one}/verdict", {"conclusion": "decline", "seen": 1})
    assert queue.state(one) == ("judged", "main")
    chief.client.close()


@pytest.mark.parametrize("path", ["/review/1", "/review/999999"])
def test_what_is_not_there_or_of_another_account_is_not_found(
    desk_database: DeskDatabase, queue: Queue, path: str
) -> None:
    one = queue.arrives("a")
    other = Scene([Role.REVIEWER], ["other"], shown=[review.PAGE], database=desk_database)
    assert other.client.get(path).status_code == 404
    for act in ("claim", "presence", "note", "escalate"):
        assert other.post(f"/review/{one}/{act}", {"note": "x"}).status_code == 404
    assert other.post(f"/review/{one}/verdict", {"conclusion": "approve"}).status_code == 404
    assert "Nothing waits" in other.client.get("/review").text
    assert look(queue.desk, BEN, one, NOW).review.state == "waiting"
    other.client.close()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.RULE_AUTHOR, Role.ADMIN])
def test_only_reviewers_come_in(desk_database: DeskDatabase, role: Role) -> None:
    scene = Scene([role], shown=[review.PAGE], database=desk_database)
    assert scene.client.get("/review").status_code == 403
    assert scene.post("/review/run", {}).status_code == 403
    scene.client.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"conclusion": "capture"},
        {"conclusion": "approve", "seen": -1},
        {},
        {"conclusion": "decline", "also": ["x"]},
    ],
)
def test_a_form_of_other_making_changes_nothing(scene: Scene, queue: Queue, fields: dict[str, Any]) -> None:
    one = queue.arrives("a")
    begun(scene)
    assert scene.post(f"/review/{one}/verdict", fields).status_code in (400, 422)
    assert queue.state(one) == ("waiting", "main")
