"""The review queue under acts in any order: no payment is judged twice, none lost, each verdict sent once."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from desk.bus import OutboxSender
from desk.database import DeskDatabase
from desk.people import Person, Role
from desk.reviews import (
    Conclusion,
    QueueName,
    ReviewRefused,
    escalate,
    give,
    next_in_run,
    release,
    start_run,
    undo,
)
from desk.reviews.upkeep import admit, apply_defaults
from streams.errors import Outage
from tests.desk.review_cases import arrival, queue_on
from tests.desk.test_bus import FakeWriter, Topic

PEOPLE = st.integers(0, 4)
CONCLUSIONS = st.sampled_from(Conclusion)
STEP = timedelta(seconds=30)


class ReviewMachine(RuleBasedStateMachine):
    """Five people at one queue; three of them may review large payments."""

    database: DeskDatabase

    def __init__(self) -> None:
        super().__init__()
        engine = f"e{uuid4().hex}"
        self.queue = queue_on(self.database, engine, margin=timedelta(days=7) - timedelta(minutes=20))
        self.desk, self.clock, self.topic = self.queue.desk, self.queue.clock, Topic()
        large = frozenset({Role.REVIEWER, Role.APPROVER})
        self.people = [
            Person(uuid4(), f"person-{n}", large if n > 1 else frozenset({Role.REVIEWER}), None)
            for n in range(5)
        ]
        self.holds: dict[int, int] = {}
        self.payments: list[str] = []
        self.sender = self._sender()

    def _sender(self, fails: str = "") -> OutboxSender:
        return OutboxSender(
            self.desk.database,
            self.desk.engine,
            lambda: FakeWriter(self.topic, fails),
            ["disputes", "reviews"],
        )

    @rule(is_large=st.booleans(), card=st.integers(0, 2))
    def arrives(self, is_large: bool, card: int) -> None:
        name = f"p{len(self.payments)}"
        self.payments.append(name)
        amount = 500_000 if is_large else 10_000
        new = arrival(name, self.clock.now, f"card-{card}", engine=self.desk.engine, reference_amount=amount)
        with self.desk.database.transaction() as connection:
            admit(self.desk, connection, new)

    @rule(who=PEOPLE, name=st.sampled_from(QueueName))
    def begins_a_run(self, who: int, name: QueueName) -> None:
        start_run(self.desk, self.people[who], self.clock.now, name)

    @rule(who=PEOPLE)
    def opens_the_next(self, who: int) -> None:
        opened = next_in_run(self.desk, self.people[who], self.clock.now)
        self.holds.pop(who, None)
        if opened is not None:
            assert opened.is_mine
            self.holds[who] = opened.review.review_id

    @precondition(lambda self: self.holds)
    @rule(who=PEOPLE, conclusion=CONCLUSIONS, linked=st.booleans())
    def concludes(self, who: int, conclusion: Conclusion, linked: bool) -> None:
        held = self.holds.pop(who, None)
        if held is None:
            return
        person, now = self.people[who], self.clock.now
        try:
            chosen = self.queue.all("SELECT review_id FROM reviews WHERE engine = %s", self.desk.engine)
            give(self.desk, person, held, conclusion, now, also=chosen[:20] if linked else ())
        except ReviewRefused:
            return  # idle for too long, or past its deadline

    @precondition(lambda self: self.holds)
    @rule(who=PEOPLE)
    def escalates(self, who: int) -> None:
        held = self.holds.pop(who, None)
        if held is not None:
            try:
                escalate(self.desk, self.people[who], held, "", self.clock.now)
            except ReviewRefused:
                return

    @rule(who=PEOPLE)
    def takes_back(self, who: int) -> None:
        try:
            again = undo(self.desk, self.people[who], self.clock.now)
        except ReviewRefused:
            return
        if again:
            self.holds[who] = again[0]

    @rule(who=PEOPLE)
    def leaves(self, who: int) -> None:
        release(self.desk, self.people[who], self.clock.now)
        self.holds.pop(who, None)

    @rule(steps=st.sampled_from((1, 2, 3, 25)))
    def time_passes(self, steps: int) -> None:
        self.clock.after(steps * STEP)

    @rule()
    def deadlines_pass(self) -> None:
        apply_defaults(self.desk, self.clock.now)

    @rule(fails=st.sampled_from(("", "before", "after")))
    def is_sent(self, fails: str) -> None:
        if fails:
            self.sender = self._sender(fails)
        try:
            self.sender.turn(self.clock.now)
        except Outage:
            if not fails:
                raise
        if fails:  # also where nothing was due, so that nothing failed
            self.sender = self._sender()

    @invariant()
    def no_payment_is_lost_or_there_twice(self) -> None:
        rows = self.queue.all("SELECT payment_id FROM reviews WHERE engine = %s", self.desk.engine)
        assert sorted(rows) == sorted(self.payments)

    @invariant()
    def what_is_judged_was_agreed_on_by_as_many_people_as_it_takes(self) -> None:
        rows = self.queue.all(
            "SELECT one.eyes, one.state, one.conclusion, given.conclusion AS said, given.person_id, "
            "one.review_id FROM reviews AS one LEFT JOIN review_verdicts AS given "
            "ON given.review_id = one.review_id AND given.undone_at IS NULL WHERE one.engine = %s",
            self.desk.engine,
        )
        agreed: Counter[int] = Counter(id for _, _, stands, said, _, id in rows if stands and stands == said)
        for eyes, state, *_, review_id in rows:
            assert (state != "judged") or agreed[review_id] == eyes
        people = Counter((id, person) for *_, person, id in rows if person)
        assert all(count == 1 for count in people.values())

    @invariant()
    def each_judged_payment_has_one_verdict_and_each_ended_one_an_outcome(self) -> None:
        judged, ended, said = (
            self.queue.all(query, self.desk.engine)
            for query in (
                "SELECT 'review/' || review_id FROM reviews WHERE engine = %s AND state = 'judged'",
                "SELECT 'review/' || review_id || '/outcome' FROM reviews "
                "WHERE engine = %s AND state IN ('judged', 'lapsed')",
                "SELECT subject FROM outbox WHERE engine = %s AND state <> 'cancelled'",
            )
        )
        assert sorted(judged + ended) == sorted(said)
        assert len(set(self.topic.ids)) == len(self.topic.ids)

    def teardown(self) -> None:
        self.clock.after(3 * STEP)
        self._sender().turn(self.clock.now)
        said = self.queue.all(
            "SELECT outbox_id::text FROM outbox WHERE engine = %s AND state <> 'cancelled'", self.desk.engine
        )
        assert sorted(said) == sorted(self.topic.ids)


def test_the_queue_keeps_its_promises_in_any_order(desk_database: DeskDatabase) -> None:
    class OnThisDatabase(ReviewMachine):
        database = desk_database

    bounded = settings(
        max_examples=min(settings.default.max_examples, 15) if settings.default else 15,
        stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(OnThisDatabase, settings=bounded)
