"""What a careless or hostile reviewer tries: old tabs, others' payments, second helpings, long notes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboards.console.pages import review
from dashboards.console.warehouse import Rows
from desk.database import DeskDatabase
from desk.people import Role
from desk.reviews import Conclusion, give, open_review, undoable
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
def scene(desk_database: DeskDatabase, queue: Queue) -> Iterator[Scene]:
    """A reviewer who may give second verdicts, on the clock of the queue."""
    roles = [Role.REVIEWER, Role.APPROVER]
    made = Scene(roles, shown=[review.PAGE], database=desk_database, now=queue.clock)
    yield made
    made.client.close()


def claims(scene: Scene, review_id: int) -> None:
    assert scene.post(f"/review/{review_id}/claim", {}).status_code == 200


def says(scene: Scene, review_id: int, conclusion: str = "approve", **fields: Any) -> Any:
    return scene.post(f"/review/{review_id}/verdict", {"conclusion": conclusion, **fields})


def verdicts(queue: Queue) -> list[Any]:
    return queue.all("SELECT conclusion FROM review_verdicts WHERE undone_at IS NULL ORDER BY given_at")


def test_a_tab_whose_payment_was_left_for_another_concludes_nothing(scene: Scene, queue: Queue) -> None:
    old, new = queue.arrives("a"), queue.arrives("b")
    claims(scene, old)
    claims(scene, new)
    refused = says(scene, old)
    assert (refused.status_code, "open it again" in refused.text) == (409, True)
    assert verdicts(queue) == []


def test_the_same_verdict_sent_twice_counts_once(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    claims(scene, one)
    assert [says(scene, one).status_code for _ in range(2)] == [303, 409]
    assert verdicts(queue) == ["approve"]


def test_the_undo_of_an_old_tab_does_not_take_back_something_newer(scene: Scene, queue: Queue) -> None:
    one, other = queue.arrives("a"), queue.arrives("b")
    claims(scene, one)
    says(scene, one, "decline")
    old = undoable(queue.desk, scene.person, NOW)
    assert old is not None
    assert str(old.action_id) in scene.client.get("/review").text
    queue.clock.after(timedelta(seconds=5))
    claims(scene, other)
    says(scene, other)
    refused = scene.post("/review/undo", {"action": str(old.action_id)})
    assert (refused.status_code, "done something else since" in refused.text) == (409, True)
    assert verdicts(queue) == ["decline", "approve"]


def test_somebody_elses_verdict_is_not_taken_back(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, BEN, one, NOW)
    given = give(queue.desk, BEN, one, Conclusion.DECLINE, NOW)
    for fields in ({}, {"action": str(given.action_id)}):
        assert scene.post("/review/undo", fields).status_code == 409
    assert scene.post("/review/undo", {"action": "x' OR 1=1"}).status_code == 422
    assert verdicts(queue) == ["decline"]


def test_after_its_minute_a_verdict_stays(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    claims(scene, one)
    says(scene, one)
    queue.clock.after(timedelta(seconds=60))
    refused = scene.post("/review/undo", {})
    assert (refused.status_code, "nothing to take back" in refused.text) == (409, True)
    assert says(scene, one, "decline").status_code == 409
    assert verdicts(queue) == ["approve"]


@pytest.mark.parametrize("act", ["verdict", "escalate"])
def test_a_form_without_a_claim_or_on_anothers_changes_nothing(scene: Scene, queue: Queue, act: str) -> None:
    free, taken = queue.arrives("a"), queue.arrives("b")
    open_review(queue.desk, BEN, taken, NOW)
    for each in (free, taken):
        assert scene.post(f"/review/{each}/{act}", {"conclusion": "approve"}).status_code == 409
        assert queue.state(each) == ("waiting", "main")
    assert queue.one("SELECT claimed_by FROM reviews WHERE review_id = %s", taken) == BEN.user_id


def test_one_person_is_not_four_eyes(scene: Scene, queue: Queue) -> None:
    large, small = (
        queue.arrives("large", reference_amount=200_000, card="c"), queue.arrives("small", card="c"),
    )  # fmt: skip
    claims(scene, large)
    assert says(scene, large, "decline").status_code == 303
    queue.clock.after(timedelta(minutes=2))
    assert "another person must agree" in scene.post(f"/review/{large}/claim", {}).text
    for seen in (0, 1):
        assert says(scene, large, "decline", seen=seen).status_code == 409
    claims(scene, small)
    answer = says(scene, small, "decline", also=[large])
    assert "left_out=1" in answer.headers["location"]
    assert "It did not reach 1 linked payment:" in scene.client.get(answer.headers["location"]).text
    assert queue.state(large) == ("second", "main")


@pytest.mark.parametrize("act", ["verdict", "escalate"])
def test_after_the_deadline_nobody_concludes(scene: Scene, queue: Queue, act: str) -> None:
    one = queue.arrives("a")
    claims(scene, one)
    queue.clock.after(timedelta(days=6, seconds=1))
    assert scene.post(f"/review/{one}/{act}", {"conclusion": "approve"}).status_code == 409
    assert 'value="approve"' not in scene.post(f"/review/{one}/claim", {}).text or verdicts(queue) == []
    assert queue.state(one) == ("waiting", "main")


@pytest.mark.parametrize(
    ("note", "status"),
    [
        ("\0", 400),
        ("x\0y", 400),
        ("x" * 2_001, 409),
        ("x" * 4_001, 422),
        ("x" * 1_100_000, 413),
        (" \n", 409),
    ],
    ids=["nul", "nul-inside", "too-long", "longer", "a-megabyte", "blank"],
)
def test_a_note_that_cannot_be_kept_is_refused(scene: Scene, queue: Queue, note: str, status: int) -> None:
    one = queue.arrives("a")
    claims(scene, one)
    assert scene.post(f"/review/{one}/note", {"note": note}).status_code == status
    assert queue.all("SELECT 1 FROM review_notes") == []


def test_lines_of_a_note_count_once_however_the_browser_ends_them(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    assert scene.post(f"/review/{one}/note", {"note": "x\r\n" * 999 + "x"}).status_code == 303


def test_many_notes_do_not_hide_the_newest(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    for number in range(201):
        queue.all(
            "INSERT INTO review_notes (review_id, person_id, person_name, note, written_at) "
            "VALUES (%s, %s, 'flood', %s, %s) RETURNING 1",
            one, BEN.user_id, f"note {number}.", NOW,
        )  # fmt: skip
    text = scene.client.get(f"/review/{one}").text
    assert "note 200." in text
    assert "note 0." not in text


def test_a_reason_that_nobody_can_see_approves_no_known_fraud(scene: Scene, queue: Queue) -> None:
    one = queue.arrives("a")
    scene.warehouse.answers["review/known_frauds"] = Rows(
        ("merchant_account", "payment_id", "attempt", "source", "last_known_at"),
        [("acme", "a", 1, "fraud_notice", datetime(2026, 6, 14))],
    )
    claims(scene, one)
    for reason in ("\u200b", "...", "\u3164\u2800"):
        assert says(scene, one, reason=reason).status_code == 409, reason
    assert verdicts(queue) == []


def test_what_was_left_out_is_a_number(scene: Scene, queue: Queue) -> None:
    queue.arrives("a")
    for told in ("<script>", "-1", "51"):
        answer = scene.client.get("/review", params={"left_out": told})
        assert answer.status_code in (400, 422)
        assert "<script>" not in answer.text
    shown = scene.client.get("/review", params={"left_out": "2"}).text
    assert "It did not reach 2 linked payments" in shown
    assert "left_out" not in shown  # so no named view keeps it
