"""The review queue on a real PostgreSQL: order, claims, verdicts, four eyes, undo, deadlines, scope."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from desk.database import DeskDatabase
from desk.people import Role
from desk.reviews import (
    Conclusion,
    ListEntry,
    NotAllowed,
    NotFound,
    NotYours,
    QueueName,
    ReviewRefused,
    TooLate,
    add_note,
    counts,
    escalate,
    give,
    lapsed,
    linked,
    look,
    ms_of,
    next_in_run,
    open_review,
    release,
    run_of,
    see,
    start_run,
    undo,
    undoable,
    waiting,
)
from desk.reviews.upkeep import apply_defaults, due_report, note_told, withdraw
from models.lists import ListRequest
from models.messages import AnalystVerdict, LabelValue, Phase, ReviewOutcome, Verdict
from tests.desk.review_cases import ANA, BEN, CHIEF, MINUTE, OTHER_CHIEF, Queue, decision, person, queue_on

APPROVE, DECLINE = Conclusion.APPROVE, Conclusion.DECLINE


@pytest.fixture
def queue(desk_database: DeskDatabase) -> Queue:
    return queue_on(desk_database)


def ids(queue: Queue) -> list[int]:
    return [each.review_id for each in waiting(queue.desk, ANA, queue.clock.now)]


def test_the_highest_expected_loss_comes_first_and_age_catches_up(queue: Queue) -> None:
    old = queue.arrives("old", probability=0.1)  # 1,000 cents
    queue.clock.after(timedelta(hours=3))  # 1,500 cents by now
    small = queue.arrives("small", probability=0.2)  # 2,000
    large = queue.arrives("large", probability=0.9)  # 9,000
    assert ids(queue) == [large, old, small]


def test_a_payment_without_a_probability_counts_in_full(queue: Queue) -> None:
    likely = queue.arrives("likely", probability=0.9)
    unknown = queue.arrives("unknown", probability=None)
    assert ids(queue) == [unknown, likely]


def test_a_decision_that_comes_twice_is_one_row(queue: Queue) -> None:
    first = queue.arrives("p1")
    assert queue.arrives("p1") == first
    assert len(ids(queue)) == 1


def test_opening_claims_and_a_verdict_leads_to_the_next(queue: Queue) -> None:
    second, first = queue.arrives("b", probability=0.1), queue.arrives("a", probability=0.9)
    now = queue.clock.now
    assert start_run(queue.desk, ANA, now).length == 2
    opened = next_in_run(queue.desk, ANA, now)
    assert opened is not None
    assert opened.is_mine
    assert opened.review.review_id == first
    give(queue.desk, ANA, first, DECLINE, now)
    after = next_in_run(queue.desk, ANA, now)
    assert after is not None
    assert after.review.review_id == second
    give(queue.desk, ANA, second, APPROVE, now)
    assert next_in_run(queue.desk, ANA, now) is None


def test_two_reviewers_never_get_the_same_payment(queue: Queue) -> None:
    queue.arrives("a", probability=0.9)
    queue.arrives("b", probability=0.1)
    now = queue.clock.now
    start_run(queue.desk, ANA, now)
    start_run(queue.desk, BEN, now)
    of_ana, of_ben = next_in_run(queue.desk, ANA, now), next_in_run(queue.desk, BEN, now)
    assert of_ana is not None
    assert of_ben is not None
    assert of_ana.review.review_id != of_ben.review.review_id


def test_what_another_has_can_be_looked_at_and_not_judged(queue: Queue) -> None:
    one = queue.arrives("a")
    now = queue.clock.now
    open_review(queue.desk, ANA, one, now)
    seen = open_review(queue.desk, BEN, one, now)
    assert not seen.is_mine
    assert [viewer.person_name for viewer in seen.viewers] == [ANA.name]
    with pytest.raises(NotYours, match="this payment is with reviewer-1 now"):
        give(queue.desk, BEN, one, APPROVE, now)
    assert queue.state(one) == ("waiting", "main")


def test_a_claim_that_was_idle_is_free_and_counts_until_somebody_takes_it(queue: Queue) -> None:
    one, other = queue.arrives("a"), queue.arrives("b")
    open_review(queue.desk, ANA, one, queue.clock.now)
    now = queue.clock.after(timedelta(minutes=11))
    assert open_review(queue.desk, BEN, one, now).is_mine
    with pytest.raises(NotYours):
        give(queue.desk, ANA, one, APPROVE, now)
    open_review(queue.desk, ANA, other, now)
    now = queue.clock.after(timedelta(minutes=11))
    give(queue.desk, ANA, other, APPROVE, now)  # nobody took it
    assert queue.state(other) == ("judged", "main")


def test_a_note_keeps_a_claim_alive_and_a_window_that_is_open_does_not(queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, ANA, one, queue.clock.now)
    add_note(queue.desk, ANA, one, "called the shop", queue.clock.after(timedelta(minutes=8)))
    assert not open_review(queue.desk, BEN, one, queue.clock.after(timedelta(minutes=8))).is_mine
    see(queue.desk, ANA, one, queue.clock.now)
    assert open_review(queue.desk, BEN, one, queue.clock.after(timedelta(minutes=3))).is_mine


def test_a_person_holds_one_payment(queue: Queue) -> None:
    one, other = queue.arrives("a"), queue.arrives("b")
    now = queue.clock.now
    open_review(queue.desk, ANA, one, now)
    open_review(queue.desk, ANA, other, now)
    assert open_review(queue.desk, BEN, one, now).is_mine
    release(queue.desk, BEN, now)
    assert queue.all("SELECT review_id FROM reviews WHERE claimed_by IS NOT NULL") == [other]


def test_the_order_of_a_run_stays_as_it_was(queue: Queue) -> None:
    first, second = queue.arrives("a", probability=0.5), queue.arrives("b", probability=0.4)
    start_run(queue.desk, ANA, queue.clock.now)
    now = queue.clock.after(MINUTE)
    urgent = queue.arrives("c", probability=1.0)
    seen = []
    while opened := next_in_run(queue.desk, ANA, now):
        seen.append(opened.review.review_id)
        give(queue.desk, ANA, opened.review.review_id, APPROVE, now)
    assert seen == [first, second]
    run = run_of(queue.desk, ANA, now)
    assert run is not None
    assert (run.left, run.since) == (0, 1)
    start_run(queue.desk, ANA, now)
    opened = next_in_run(queue.desk, ANA, now)
    assert opened is not None
    assert opened.review.review_id == urgent


def test_what_is_passed_over_comes_again(queue: Queue) -> None:
    first, second = queue.arrives("a", probability=0.5), queue.arrives("b", probability=0.4)
    now = queue.clock.now
    start_run(queue.desk, ANA, now)
    got = [next_in_run(queue.desk, ANA, now, passed_over) for passed_over in (-1, first, second)]
    assert [each.review.review_id for each in got if each] == [first, second, first]


def test_a_verdict_becomes_an_analysts_verdict_of_the_stored_row(queue: Queue) -> None:
    one = queue.arrives("a", card="card-9")
    open_review(queue.desk, ANA, one, queue.clock.now)
    given = give(queue.desk, ANA, one, DECLINE, queue.clock.now, reason="stolen card")
    topic, key, value, not_before = queue.one(
        "SELECT topic, key, value, not_before FROM outbox WHERE topic = 'disputes'"
    )
    verdict = msgspec.json.decode(value, type=AnalystVerdict)
    assert (topic, key, not_before) == ("disputes", "a", given.undo_until)
    assert (verdict.label, verdict.author, verdict.reason) == (LabelValue.FRAUD, ANA.name, "stolen card")
    assert (verdict.tokens.method.token, verdict.amount, verdict.currency) == ("card-9", 10_000, "EUR")
    assert verdict.at > verdict.occurred_at


def test_an_approval_says_legitimate(queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, ANA, one, queue.clock.now)
    give(queue.desk, ANA, one, APPROVE, queue.clock.now)
    verdict = msgspec.json.decode(
        queue.one("SELECT value FROM outbox WHERE topic = 'disputes'"), type=AnalystVerdict
    )
    assert (verdict.label, verdict.reason) == (LabelValue.LEGITIMATE, None)


def test_a_list_entry_is_asked_for_with_the_payments_own_value(queue: Queue) -> None:
    one = queue.arrives("a", device="dev-7")
    open_review(queue.desk, ANA, one, queue.clock.now)
    entry = ListEntry("blocked_devices", "device", timedelta(days=2))
    give(queue.desk, ANA, one, DECLINE, queue.clock.now, entry=entry)
    outbox_id, value = queue.one("SELECT outbox_id, value FROM outbox WHERE topic = 'list-requests'")
    request = msgspec.json.decode(value, type=ListRequest)
    assert (request.id, request.list, request.value) == (str(outbox_id), "blocked_devices", "dev-7")
    assert request.expires_at == request.requested_at + 2 * 86_400_000


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (ListEntry("trusted_cards", "card", timedelta(days=1)), "block or watch"),
        (ListEntry("blocked_cards", "device", timedelta(days=1)), "another entity"),
        (ListEntry("blocked_cards", "card", timedelta(days=31)), "30 days"),
        (ListEntry("blocked_emails", "email", timedelta(days=1)), "names no email"),
    ],
)
def test_a_list_entry_that_a_review_may_not_ask_for_leaves_no_verdict(
    queue: Queue, entry: ListEntry, why: str
) -> None:
    one = queue.arrives("a", device="dev-7")
    open_review(queue.desk, ANA, one, queue.clock.now)
    with pytest.raises(NotAllowed, match=why):
        give(queue.desk, ANA, one, DECLINE, queue.clock.now, entry=entry)
    assert queue.state(one) == ("waiting", "main")
    assert queue.all("SELECT 1 FROM outbox") == []


def test_who_sees_some_merchant_accounts_blocks_nothing_for_all(queue: Queue) -> None:
    one, some = queue.arrives("a", device="dev-7"), person(5, accounts=frozenset({"acme"}))
    open_review(queue.desk, some, one, queue.clock.now)
    entry = ListEntry("blocked_devices", "device", timedelta(days=1))
    with pytest.raises(NotAllowed, match="all merchant accounts"):
        give(queue.desk, some, one, DECLINE, queue.clock.now, entry=entry)
    assert queue.all("SELECT 1 FROM outbox") == []
    give(queue.desk, some, one, DECLINE, queue.clock.now)
    assert queue.all("SELECT topic FROM outbox ORDER BY place") == ["disputes", "reviews"]


def test_a_large_payment_takes_two_people_who_agree(queue: Queue) -> None:
    one = queue.arrives("large", reference_amount=100_000)
    open_review(queue.desk, ANA, one, queue.clock.now)
    assert give(queue.desk, ANA, one, DECLINE, queue.clock.now).judged == ()
    assert queue.all("SELECT 1 FROM outbox") == []
    now = queue.clock.after(2 * MINUTE)
    assert not open_review(queue.desk, ANA, one, now).is_mine
    assert not open_review(queue.desk, BEN, one, now).is_mine
    opened = open_review(queue.desk, CHIEF, one, now)
    assert [(each.person_name, each.conclusion) for each in opened.verdicts] == [(ANA.name, DECLINE)]
    assert give(queue.desk, CHIEF, one, DECLINE, now, seen=1).judged == (one,)
    assert queue.all("SELECT topic FROM outbox ORDER BY place") == ["disputes", "reviews"]


def test_where_two_disagree_a_third_decides_in_the_escalation_queue(queue: Queue) -> None:
    one = queue.arrives("large", reference_amount=100_000)
    open_review(queue.desk, ANA, one, queue.clock.now)
    give(queue.desk, ANA, one, DECLINE, queue.clock.now)
    now = queue.clock.after(2 * MINUTE)
    open_review(queue.desk, CHIEF, one, now)
    give(queue.desk, CHIEF, one, APPROVE, now)
    assert queue.state(one) == ("second", "escalation")
    now = queue.clock.after(2 * MINUTE)
    assert not open_review(queue.desk, CHIEF, one, now).is_mine
    start_run(queue.desk, OTHER_CHIEF, now, QueueName.ESCALATION)
    assert next_in_run(queue.desk, OTHER_CHIEF, now) is not None
    give(queue.desk, OTHER_CHIEF, one, APPROVE, now)
    assert queue.one("SELECT state, conclusion FROM reviews") == ("judged", "approve")
    verdict = msgspec.json.decode(
        queue.one("SELECT value FROM outbox WHERE topic = 'disputes'"), type=AnalystVerdict
    )
    assert (verdict.label, verdict.author) == (LabelValue.LEGITIMATE, OTHER_CHIEF.name)


def test_a_screen_that_is_out_of_date_gives_no_verdict(queue: Queue) -> None:
    one = queue.arrives("large", reference_amount=100_000)
    open_review(queue.desk, ANA, one, queue.clock.now)
    give(queue.desk, ANA, one, DECLINE, queue.clock.now)
    now = queue.clock.after(2 * MINUTE)
    open_review(queue.desk, CHIEF, one, now)
    with pytest.raises(NotYours, match="meanwhile"):
        give(queue.desk, CHIEF, one, APPROVE, now, seen=0)


def test_a_verdict_is_taken_back_within_the_minute_and_not_later(queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, ANA, one, queue.clock.now)
    entry = ListEntry("blocked_cards", "card", timedelta(days=2))
    give(queue.desk, ANA, one, DECLINE, queue.clock.now, entry=entry)
    now = queue.clock.after(timedelta(seconds=59))
    assert undoable(queue.desk, BEN, now) is None
    assert undo(queue.desk, ANA, now) == (one,)
    assert queue.state(one) == ("waiting", "main")
    assert queue.all("SELECT state FROM outbox") == 3 * ["cancelled"]
    assert look(queue.desk, ANA, one, now).is_mine
    give(queue.desk, ANA, one, APPROVE, now)
    with pytest.raises(TooLate, match="nothing to take back"):
        undo(queue.desk, ANA, queue.clock.after(MINUTE))


def test_what_is_on_its_way_cannot_be_taken_back_whatever_the_clock_says(queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, ANA, one, queue.clock.now)
    give(queue.desk, ANA, one, DECLINE, queue.clock.now)
    with queue.desk.database.transaction() as connection:
        connection.execute("UPDATE outbox SET state = 'sending', read_from = 0")
    with pytest.raises(TooLate, match="sent already"):
        undo(queue.desk, ANA, queue.clock.now)
    assert queue.state(one) == ("judged", "main")


def test_nobody_claims_what_can_still_be_taken_back(queue: Queue) -> None:
    one = queue.arrives("large", reference_amount=100_000)
    open_review(queue.desk, ANA, one, queue.clock.now)
    give(queue.desk, ANA, one, DECLINE, queue.clock.now)
    assert not open_review(queue.desk, CHIEF, one, queue.clock.after(timedelta(seconds=59))).is_mine
    undo(queue.desk, ANA, queue.clock.now)
    assert queue.state(one) == ("waiting", "main")


def test_an_escalated_payment_goes_to_those_who_review_large_ones(queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, ANA, one, queue.clock.now)
    escalate(queue.desk, ANA, one, "the shop does not answer", queue.clock.now)
    assert queue.state(one) == ("waiting", "escalation")
    now = queue.clock.after(2 * MINUTE)
    assert not open_review(queue.desk, BEN, one, now).is_mine
    opened = open_review(queue.desk, CHIEF, one, now)
    assert [note.note for note in opened.notes] == ["the shop does not answer"]
    give(queue.desk, CHIEF, one, APPROVE, now)
    assert queue.state(one) == ("judged", "escalation")


def test_an_escalation_is_taken_back(queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, ANA, one, queue.clock.now)
    escalate(queue.desk, ANA, one, "", queue.clock.now)
    assert undo(queue.desk, ANA, queue.clock.now) == (one,)
    assert queue.state(one) == ("waiting", "main")
    assert look(queue.desk, ANA, one, queue.clock.now).is_mine


def test_linked_payments_are_judged_and_taken_back_together(queue: Queue) -> None:
    one = queue.arrives("a", card="card-1")
    same_card = queue.arrives("b", card="card-1")
    large = queue.arrives("c", card="card-1", reference_amount=200_000)
    taken, stranger = queue.arrives("d", card="card-1"), queue.arrives("e")
    now = queue.clock.now
    open_review(queue.desk, BEN, taken, now)
    opened = open_review(queue.desk, ANA, one, now)
    found = {each.review_id for each in linked(queue.desk, ANA, opened.review, now)}
    assert found == {same_card, large, taken}
    chosen = [same_card, large, taken, stranger]
    given = give(queue.desk, ANA, one, DECLINE, now, also=chosen)
    assert (set(given.judged), given.second, given.left_out) == ({one, same_card}, (large,), 2)
    assert set(undo(queue.desk, ANA, now)) == {one, same_card, large}
    assert queue.all("SELECT state FROM outbox WHERE state <> 'cancelled'") == []


def test_one_verdict_is_given_to_a_bounded_number(desk_database: DeskDatabase) -> None:
    queue = queue_on(desk_database, linked_max=1)
    one = queue.arrives("a", card="card-1")
    others = [queue.arrives(name, card="card-1") for name in ("b", "c")]
    open_review(queue.desk, ANA, one, queue.clock.now)
    with pytest.raises(NotAllowed, match="1 linked"):
        give(queue.desk, ANA, one, DECLINE, queue.clock.now, also=others)


def test_the_default_is_applied_at_the_deadline_and_told(queue: Queue) -> None:
    one = queue.arrives("a")
    open_review(queue.desk, ANA, one, queue.clock.now)
    assert apply_defaults(queue.desk, queue.clock.after(timedelta(days=6) - MINUTE)) == 0
    now = queue.clock.after(MINUTE)
    with pytest.raises(TooLate, match="deadline"):
        give(queue.desk, ANA, one, APPROVE, now)
    assert apply_defaults(queue.desk, now) == 1
    assert [each.conclusion for each in lapsed(queue.desk, ANA, now)] == [DECLINE]
    assert queue.all("SELECT topic FROM outbox") == ["reviews"]
    assert queue.all("SELECT name FROM audit_entries WHERE action = 'review_lapsed'") == ["(deadline)"]
    assert counts(queue.desk, ANA, now).lapsed_today == 1


def outcome_of(queue: Queue) -> ReviewOutcome:
    """The one that stands."""
    query = "SELECT value FROM outbox WHERE topic = 'reviews' AND state <> 'cancelled'"
    return msgspec.json.decode(queue.one(query), type=ReviewOutcome)


def test_whoever_holds_the_payment_is_told_the_verdict_once_it_stands(queue: Queue) -> None:
    one = queue.arrives("a", sequence=77)
    open_review(queue.desk, ANA, one, queue.clock.now)
    given = give(queue.desk, ANA, one, APPROVE, queue.clock.now)
    told = outcome_of(queue)
    assert (told.payment_id, told.sequence, told.amount, told.currency) == ("a", 77, 10_000, "EUR")
    assert (told.conclusion, told.by, told.at) == ("approve", "verdict", ms_of(queue.clock.now))
    assert queue.one("SELECT not_before FROM outbox WHERE topic = 'reviews'") == given.undo_until


def test_whoever_holds_the_payment_is_told_the_default_and_nothing_of_a_verdict_taken_back(
    queue: Queue,
) -> None:
    one = queue.arrives("a")
    now = queue.clock.after(timedelta(days=6) - timedelta(seconds=20))
    open_review(queue.desk, ANA, one, now)
    give(queue.desk, ANA, one, APPROVE, now)
    undo(queue.desk, ANA, queue.clock.after(timedelta(seconds=30)))
    assert apply_defaults(queue.desk, queue.clock.now) == 1
    told = outcome_of(queue)
    assert (told.conclusion, told.by, told.at) == ("decline", "default", ms_of(queue.clock.now))
    assert apply_defaults(queue.desk, queue.clock.after(MINUTE)) == 0
    outcome_of(queue)


def test_a_later_decision_withdraws_the_payment(queue: Queue) -> None:
    one = queue.arrives("a")
    later = decision("a", phase=Phase.POST_3DS, verdict=Verdict.APPROVE)
    with queue.desk.database.transaction() as connection:
        assert withdraw(queue.desk, connection, later, queue.clock.now)
    assert queue.state(one) == ("withdrawn", "main")
    queue.arrives("a", phase=Phase.POST_AUTH)
    assert queue.state(one) == ("waiting", "main")


Act = Callable[[Queue, int], object]
STRANGER = person(3, Role.REVIEWER, Role.APPROVER, accounts=frozenset({"other"}))


@pytest.mark.parametrize(
    "act",
    [
        lambda queue, one: open_review(queue.desk, STRANGER, one, queue.clock.now),
        lambda queue, one: look(queue.desk, STRANGER, one, queue.clock.now),
        lambda queue, one: see(queue.desk, STRANGER, one, queue.clock.now),
        lambda queue, one: add_note(queue.desk, STRANGER, one, "mine", queue.clock.now),
        lambda queue, one: give(queue.desk, STRANGER, one, APPROVE, queue.clock.now),
        lambda queue, one: escalate(queue.desk, STRANGER, one, "", queue.clock.now),
    ],
)
def test_another_merchants_payment_is_not_there(queue: Queue, act: Act) -> None:
    one = queue.arrives("a")
    with pytest.raises(NotFound):
        act(queue, one)
    assert queue.all("SELECT name FROM audit_entries") == []


def test_lists_and_figures_are_of_the_persons_merchant_accounts(queue: Queue) -> None:
    queue.arrives("a", card="card-1")
    mine = queue.arrives("b", card="card-1", merchant_account="other")
    now = queue.clock.now
    assert [each.review_id for each in waiting(queue.desk, STRANGER, now)] == [mine]
    assert counts(queue.desk, STRANGER, now).waiting == 1
    assert start_run(queue.desk, STRANGER, now).length == 1
    opened = next_in_run(queue.desk, STRANGER, now)
    assert opened is not None
    assert linked(queue.desk, STRANGER, opened.review, now) == []


def test_a_list_is_searched_and_narrowed_to_what_is_overdue(queue: Queue) -> None:
    late = queue.arrives("late", card="card-5")
    now = queue.clock.after(timedelta(hours=5))
    queue.arrives("new")
    assert [each.review_id for each in waiting(queue.desk, ANA, now, search="card-5")] == [late]
    assert [each.review_id for each in waiting(queue.desk, ANA, now, only_overdue=True)] == [late]
    assert counts(queue.desk, ANA, now).overdue == 1


@pytest.mark.parametrize("note", ["", "x" * 2_001, "card 4111 1111 1111 1111"])
def test_a_note_that_may_not_be_kept_is_refused(queue: Queue, note: str) -> None:
    one = queue.arrives("a")
    with pytest.raises(ReviewRefused):
        add_note(queue.desk, ANA, one, note, queue.clock.now)


def test_the_audit_trail_says_who_saw_and_did_what(queue: Queue) -> None:
    one = queue.arrives("a")
    now = queue.clock.now
    open_review(queue.desk, ANA, one, now)
    open_review(queue.desk, BEN, one, now)
    give(queue.desk, ANA, one, DECLINE, now)
    undo(queue.desk, ANA, now)
    told = queue.all("SELECT name, action, subject FROM audit_entries ORDER BY entry_id")
    assert [(name, action) for name, action, _ in told] == [
        (ANA.name, "review_claimed"), (BEN.name, "review_seen"), (ANA.name, "review_decided"),
        (ANA.name, "review_undone"),
    ]  # fmt: skip
    assert {subject for _, _, subject in told} == {"payment:acme/a"}


def test_the_load_is_told_once_somebody_works_and_when_it_changes(queue: Queue) -> None:
    for number in range(20):
        queue.arrives(f"p{number}")
    assert due_report(queue.desk, queue.clock.now) is None
    start_run(queue.desk, ANA, queue.clock.now)
    report = due_report(queue.desk, queue.clock.now)
    assert report is not None
    assert (report.waiting, report.capacity_per_hour) == (20, 20)
    note_told(queue.desk, report, queue.clock.now)
    assert due_report(queue.desk, queue.clock.after(MINUTE)) is None
    queue.arrives("p20")
    assert due_report(queue.desk, queue.clock.now) is None
    queue.arrives("p21")
    assert due_report(queue.desk, queue.clock.now) is not None
    away = due_report(queue.desk, queue.clock.after(timedelta(minutes=30)))
    assert away is not None
    assert away.capacity_per_hour == 0
