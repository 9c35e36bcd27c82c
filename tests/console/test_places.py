"""Places at the warehouse are shared fairly: among people, among pages, and the quick before the slow."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, Depends

from dashboards.console.pages import Page
from dashboards.console.security import allowed
from dashboards.console.warehouse import ReaderBusy
from dashboards.console.warehouse.asking import asking_person, is_asked_by, new_asker
from dashboards.console.warehouse.places import OWN_WAITING_MAX, SHARE_MAX, WAITING_MAX, Places
from desk.accounts import Action, Person
from tests.console.scene import Scene

ADA, BEN, CLEO, DAN = (UUID(int=number) for number in range(1, 5))


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Askers:
    """Questions of people, each in a thread, held until they are told to end."""

    def __init__(self, wait_s: float = 20.0) -> None:
        self.clock = Clock()
        self.places = Places(self.clock, wait_s)
        self.began: list[str] = []
        self._ends: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def ask(self, word: str, person: UUID | None, name: str = "") -> None:
        """Comes back once the question runs or waits; `word` stands for it."""
        before = sum(self.places.counts())
        self._ends[word] = threading.Event()
        thread = threading.Thread(target=self._run, args=(word, person, name), daemon=True)
        self._threads.append(thread)
        thread.start()
        self._until(lambda: sum(self.places.counts()) == before + 1)
        self._until_settled()

    def end(self, word: str) -> None:
        """Ends what runs; comes back once its place is given to the next."""
        before = sum(self.places.counts())
        self._ends[word].set()
        self._until(lambda: sum(self.places.counts()) == before - 1)
        self._until_settled()

    def close(self) -> None:
        for event in self._ends.values():
            event.set()
        for thread in self._threads:
            thread.join(20)

    def _run(self, word: str, person: UUID | None, name: str) -> None:
        with self.places.place(person, name):
            self.began.append(word)
            assert self._ends[word].wait(20)

    def _until_settled(self) -> None:
        """Until whoever is next has begun."""
        self._until(lambda: self._next() is None and len(self.began) == self._begun())

    def _next(self) -> object:
        with self.places._changed:
            return self.places._next()

    def _begun(self) -> int:
        return len(self._ends) - self.places.counts()[1]

    def _until(self, is_so: object) -> None:
        done = threading.Event()
        for _ in range(4_000):
            if is_so():  # type: ignore[operator]
                return
            done.wait(0.005)
        raise AssertionError(f"never came: {self.began}, {self.places.counts()}")


@pytest.fixture
def askers() -> Iterator[Askers]:
    found = Askers()
    yield found
    found.close()


def test_one_person_leaves_a_place_to_others(askers: Askers) -> None:
    for number in range(5):
        askers.ask(f"ada {number}", ADA, f"page{number}/query")
    assert askers.places.counts() == (SHARE_MAX, 2)
    askers.ask("ben", BEN, "payment/decision")
    assert askers.began[-1] == "ben"


def test_one_page_leaves_a_place_to_others(askers: Askers) -> None:
    for person in (ADA, BEN, CLEO, DAN):
        askers.ask(f"payments {person.int}", person, "payments/selection")
    assert askers.places.counts() == (SHARE_MAX, 1)
    askers.ask("review", DAN, "payment/decision")
    assert askers.began[-1] == "review"


def test_the_console_itself_has_no_share(askers: Askers) -> None:
    for number in range(4):
        askers.ask(f"poll {number}", None, "live/by_minute")
    assert askers.places.counts() == (4, 0)


def test_next_is_whoever_has_fewest_questions_running(askers: Askers) -> None:
    for word, person in (("a1", ADA), ("a2", ADA), ("b1", BEN), ("c1", CLEO)):
        askers.ask(word, person)
    askers.ask("a3", ADA)
    askers.ask("d1", DAN)
    askers.end("c1")
    assert askers.began[-1] == "d1"


def test_a_question_that_was_quick_goes_before_one_that_was_slow(askers: Askers) -> None:
    for name, took_s in (("payments/selection", 4.0), ("payment/decision", 0.02)):
        askers.ask(name, ADA, name)
        askers.clock.now += took_s
        askers.end(name)
    for number in range(4):
        askers.ask(f"poll {number}", None)
    askers.ask("slow", BEN, "payments/selection")
    askers.ask("quick", CLEO, "payment/decision")
    askers.end("poll 0")
    assert askers.began[-1] == "quick"


def test_who_waited_long_goes_first_however_slow(askers: Askers) -> None:
    askers.places._remember("payments/selection", 4.0)
    for number in range(4):
        askers.ask(f"poll {number}", None)
    askers.ask("slow", BEN, "payments/selection")
    askers.clock.now += 11.0
    askers.ask("quick", CLEO, "payment/decision")
    askers.end("poll 0")
    assert askers.began[-1] == "slow"


def test_one_person_s_questions_do_not_fill_the_queue(askers: Askers) -> None:
    for number in range(SHARE_MAX + OWN_WAITING_MAX):
        askers.ask(f"ada {number}", ADA)
    with pytest.raises(ReaderBusy, match="of your questions wait"), askers.places.place(ADA, ""):
        pass
    askers.ask("ben", BEN)
    assert askers.began[-1] == "ben"


def test_a_full_queue_refuses_at_once(askers: Askers) -> None:
    for number in range(4 + WAITING_MAX):
        askers.ask(f"{number}", None)
    with pytest.raises(ReaderBusy, match="24 questions wait already"), askers.places.place(BEN, ""):
        pass


def test_who_waits_in_vain_is_told_and_leaves_the_queue() -> None:
    places = Places(wait_s=0.01)
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(places.place(None, ""))
        with pytest.raises(ReaderBusy, match=r"within 0\.01 s"), places.place(ADA, "payments/selection"):
            pass
        assert places.counts() == (4, 0)
    assert places.counts() == (0, 0)


def test_a_question_that_fails_gives_its_place_back() -> None:
    places = Places()
    with pytest.raises(ZeroDivisionError), places.place(ADA, "live/by_minute"):
        raise ZeroDivisionError
    assert places.counts() == (0, 0)


def test_a_request_s_questions_are_those_of_who_is_signed_in() -> None:
    """In the thread of its route."""
    router, asked = APIRouter(), []

    @router.get("/probe")
    def probe(_: Annotated[Person, Depends(allowed(Action.SEE_LIVE))]) -> str:
        asked.append(asking_person())
        return "ok"

    scene = Scene(shown=[Page("/probe", "Probe", Action.SEE_LIVE, "x", router)])
    assert scene.client.get("/probe").status_code == 200
    assert asked == [scene.person.user_id]
    assert asking_person() is None


def test_outside_of_a_request_nobody_asks() -> None:
    is_asked_by(uuid4())
    assert asking_person() is None
    new_asker()
    assert asking_person() is None
