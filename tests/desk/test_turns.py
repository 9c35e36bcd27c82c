"""Many people publish at once: each change is on the log once, whoever came between."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest

from desk.changes import PublishingTurn, noted, publish_past_others
from desk.changes.turns import ATTEMPTS_MAX, again_when_fenced
from desk.database import DeskDatabase
from models.messages import Control, ListChange
from streams.control_plane import publish
from streams.errors import Fenced, Outage
from streams.kafka import Topics, records
from streams.settings import Settings
from tests.desk.changes_scene import AUTHOR, Trail
from tests.support.new_engine import new_engine

AT_ONCE = (0.0, 0.0)


def fenced() -> Outage:
    failure = Outage("nothing was published")
    failure.__cause__ = Fenced("another publisher has taken over")
    return failure


def test_who_was_fenced_publishes_again_and_gives_up_in_the_end() -> None:
    answers: list[Outage | int] = [fenced(), fenced(), 7]

    def publishing() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Outage):
            raise answer
        return answer

    assert again_when_fenced(publishing, AT_ONCE) == 7
    answers[:] = [fenced() for _ in range(ATTEMPTS_MAX + 1)]
    with pytest.raises(Outage, match="nothing was published"):
        again_when_fenced(publishing, AT_ONCE)
    assert len(answers) == 1


def test_where_kafka_is_away_it_is_told_at_once() -> None:
    asked = []

    def publishing() -> int:
        asked.append(1)
        raise Outage("Kafka does not answer")

    with pytest.raises(Outage, match="does not answer"):
        again_when_fenced(publishing, AT_ONCE)
    assert len(asked) == 1


def test_one_is_in_and_so_many_wait_and_the_rest_are_told() -> None:
    turn, inside, leave = PublishingTurn(at_once_max=2, patience_s=0.05), Event(), Event()

    def first() -> None:
        with turn.taken():
            inside.set()
            leave.wait(10)

    thread = Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(Outage, match="took longer than"), turn.taken():
        pass
    narrow, told = PublishingTurn(at_once_max=1), list[str]()

    def one_more() -> None:
        try:
            with narrow.taken():
                told.append("let in")
        except Outage as refused:
            told.append(str(refused))

    with narrow.taken(), narrow.taken():
        another = Thread(target=one_more)
        another.start()
        another.join(10)
    assert told == ["1 changes are being published: yours was not, try again in a minute"]
    leave.set()
    thread.join(10)
    with turn.taken():
        pass


@pytest.mark.kafka
def test_ten_people_put_something_on_a_list_at_once_while_others_publish(
    kafka: str, desk_database: DeskDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    engine, settings, trail = new_engine(kafka, "crowded"), Settings(), Trail()

    def put_on_list(number: int) -> int:
        change = ListChange("blocked_bins", f"{400_000 + number}", True, None, "block", "a person", "testing")
        control = Control(f"console-{number}", 1, "a person", change, "testing")
        return noted(
            desk_database, trail, AUTHOR, "list_entry_added", "list:blocked_bins", {},
            lambda: publish_past_others(settings, engine, control),
        )  # fmt: skip

    def from_elsewhere() -> None:
        change = ListChange("blocked_bins", "499999", True, None, "block", "operator", "command line")
        for _ in range(3):
            try:
                publish(kafka, engine, [change], "operator", "command line")
            except Outage:
                continue

    with ThreadPoolExecutor(11) as pool:
        others = pool.submit(from_elsewhere)
        offsets = list(pool.map(put_on_list, range(10)))
        others.result()
    found = [
        (record.offset(), json.loads(record.value())["id"])
        for record in records(kafka, Topics(engine)["controls"])
    ]
    ours = [(offset, id) for offset, id in found if id.startswith("console-")]
    assert sorted(ours) == sorted((offset, f"console-{number}") for number, offset in enumerate(offsets))
    assert len(trail.notes) == 10
