"""Named views: one's own are one's own, shared ones show nobody more than they may see."""

import threading
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from desk.database import DeskDatabase
from desk.views import (
    KeptElsewhereError,
    NamedView,
    NamedViews,
    NameTakenError,
    NotYoursError,
    Selection,
    TooManyKeptError,
    ViewRefusedError,
    selection_of,
)
from desk.views.named_views import VIEWS_MAX
from tests.desk.view_people import some_person

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DECLINES = selection_of([("verdict", "decline"), ("within", "7d"), ("columns", "amount,verdict")])
REVIEWS = selection_of([("verdict", "review")])


@pytest.fixture
def views(desk_database: DeskDatabase) -> NamedViews:
    return NamedViews(desk_database, lambda: NOW)


def names(found: list[NamedView]) -> list[str]:
    return [view.name for view in found]


def test_a_view_is_found_again_as_it_was_kept(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    view_id = views.save(ada, "payments", "  Declines of \n the week ", DECLINES)
    found = views.find(ada, view_id)
    assert (found.name, found.selection, found.is_own, found.owner_name) == (
        "Declines of the week", DECLINES, True, "ada"
    )  # fmt: skip
    assert names(views.of(ada, "payments")) == ["Declines of the week"]
    assert views.of(ada, "reviews") == []


def test_another_persons_view_is_not_seen_nor_changed(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada, bo = some_person(desk_database, "ada"), some_person(desk_database, "bo")
    view_id = views.save(ada, "payments", "mine", DECLINES)
    assert views.of(bo, "payments") == []
    for attempt in (
        lambda: views.find(bo, view_id),
        lambda: views.rename(bo, view_id, 1, "theirs"),
        lambda: views.overwrite(bo, view_id, 1, REVIEWS),
        lambda: views.share(bo, view_id, 1, is_shared=True),
        lambda: views.delete(bo, view_id),
        lambda: views.make_default(bo, "payments", view_id),
    ):
        with pytest.raises(NotYoursError):
            attempt()
    assert views.find(ada, view_id).name == "mine"


def test_a_shared_view_is_seen_and_still_not_changed(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada, bo = some_person(desk_database, "ada"), some_person(desk_database, "bo", ["shop-1"])
    view_id = views.save(ada, "payments", "ours", DECLINES, is_shared=True)
    assert not views.of(bo, "payments")[0].is_own
    with pytest.raises(NotYoursError):
        views.delete(bo, view_id)
    views.share(ada, view_id, 1, is_shared=False)
    assert views.of(bo, "payments") == []


def test_a_shared_view_is_for_those_who_see_as_much(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada", ["shop-1", "shop-2"])
    views.save(ada, "payments", "both", DECLINES, is_shared=True)
    readers = [("shop-1",), ("shop-3",), ("shop-1", "shop-2", "shop-3"), None, ()]
    sees = {
        accounts: names(views.of(some_person(desk_database, f"reader-{number}", accounts), "payments"))
        for number, accounts in enumerate(readers)
    }
    assert sees == {
        ("shop-1",): [], ("shop-3",): [], ("shop-1", "shop-2", "shop-3"): ["both"], None: ["both"], (): []
    }  # fmt: skip


def test_a_view_never_widens_what_its_reader_sees(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    narrowed = views.save(ada, "payments", "two shops", selection_of([("account", "a"), ("account", "b")]))
    view = views.find(ada, narrowed)
    assert view.accounts_for(None) == frozenset({"a", "b"})
    assert view.accounts_for(frozenset({"b", "c"})) == frozenset({"b"})
    assert view.accounts_for(frozenset({"c"})) == frozenset()
    plain = views.find(ada, views.save(ada, "payments", "all", Selection()))
    assert plain.accounts_for(frozenset({"c"})) == frozenset({"c"})


def test_nobody_keeps_a_view_of_an_account_they_do_not_see(
    views: NamedViews, desk_database: DeskDatabase
) -> None:
    bo, nobody = some_person(desk_database, "bo", ["shop-1"]), some_person(desk_database, "cy", [])
    with pytest.raises(ViewRefusedError, match="do not see"):
        views.save(bo, "payments", "x", selection_of([("account", "shop-2")]))
    with pytest.raises(ViewRefusedError, match="administrator"):
        views.save(nobody, "payments", "x", Selection())


def test_the_later_of_two_tabs_is_told(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    view_id = views.save(ada, "payments", "mine", DECLINES)
    views.overwrite(ada, view_id, 1, REVIEWS)
    with pytest.raises(KeptElsewhereError):
        views.overwrite(ada, view_id, 1, DECLINES)
    assert (views.find(ada, view_id).selection, views.find(ada, view_id).version) == (REVIEWS, 2)


def test_a_name_is_taken_once_a_person_and_page(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada, bo = some_person(desk_database, "ada"), some_person(desk_database, "bo")
    views.save(ada, "payments", "mine", DECLINES)
    for person, page in ((bo, "payments"), (ada, "reviews")):
        views.save(person, page, "mine", DECLINES)
    other = views.save(ada, "payments", "other", DECLINES)
    with pytest.raises(NameTakenError):
        views.save(ada, "payments", "mine", REVIEWS)
    with pytest.raises(NameTakenError):
        views.rename(ada, other, 1, "mine")
    views.rename(ada, other, 1, "another")
    assert names(views.of(ada, "payments")) == ["another", "mine"]


@pytest.mark.parametrize("name", ["", " \n ", "x" * 81, "a\0b", "right\u202eto left", "zero\u200bwidth"])
def test_a_name_can_be_read(views: NamedViews, desk_database: DeskDatabase, name: str) -> None:
    with pytest.raises(ViewRefusedError):
        views.save(some_person(desk_database, "ada"), "payments", name, DECLINES)


def test_markup_in_a_name_is_kept_as_text(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    hostile = "<script>alert(1)</script>'; DROP TABLE users; --"
    assert views.find(ada, views.save(ada, "payments", hostile, DECLINES)).name == hostile


def test_a_default_is_of_one_person_and_page(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada, bo = some_person(desk_database, "ada"), some_person(desk_database, "bo")
    first = views.save(ada, "payments", "first", DECLINES, is_shared=True)
    second = views.save(ada, "payments", "second", REVIEWS, is_shared=True)
    views.make_default(ada, "payments", first)
    views.make_default(ada, "payments", second)
    views.make_default(bo, "payments", first)
    defaults = [found.name for person in (ada, bo) if (found := views.default(person, "payments"))]
    assert defaults == ["second", "first"]
    views.delete(ada, first)
    views.make_default(ada, "payments", None)
    assert (views.default(ada, "payments"), views.default(bo, "payments")) == (None, None)
    with pytest.raises(NotYoursError):
        views.make_default(ada, "reviews", second)
    with pytest.raises(NotYoursError):
        views.make_default(ada, "payments", uuid4())


def test_a_default_that_is_no_longer_shared_is_none(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada, bo = some_person(desk_database, "ada"), some_person(desk_database, "bo")
    view_id = views.save(ada, "payments", "ours", DECLINES, is_shared=True)
    views.make_default(bo, "payments", view_id)
    views.share(ada, view_id, 1, is_shared=False)
    assert views.default(bo, "payments") is None


def test_a_person_keeps_so_many_and_no_more(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    kept = [views.save(ada, "payments", f"view {n}", REVIEWS) for n in range(VIEWS_MAX)]
    with pytest.raises(TooManyKeptError):
        views.save(ada, "reviews", "one more", REVIEWS)
    views.delete(ada, kept[17])
    views.save(ada, "reviews", "one more", REVIEWS)


def test_many_tabs_keep_no_more_than_one(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    for n in range(VIEWS_MAX - 3):
        views.save(ada, "payments", f"view {n}", REVIEWS)
    refused: list[Exception] = []

    def save(number: int) -> None:
        try:
            views.save(ada, "payments", f"tab {number}", REVIEWS)
        except TooManyKeptError as failure:
            refused.append(failure)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(views.of(ada, "payments")) == VIEWS_MAX
    assert len(refused) == 3


def test_a_view_that_cannot_be_read_is_left_out(views: NamedViews, desk_database: DeskDatabase) -> None:
    ada = some_person(desk_database, "ada")
    view_id = views.save(ada, "payments", "of a later version", DECLINES)
    with desk_database.transaction() as connection:
        connection.execute("UPDATE named_views SET selection = '{\"later\": 1}'")
    assert views.of(ada, "payments") == []
    with pytest.raises(NotYoursError):
        views.find(ada, view_id)
