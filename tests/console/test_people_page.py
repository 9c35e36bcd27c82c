"""People: made, changed, kept out, by who may."""

import re

import pytest

from dashboards.console.pages.people import PAGE
from desk.accounts import Role
from tests.console.scene import Scene, person


@pytest.fixture
def scene() -> Scene:
    """An administrator, and somebody else."""
    made = Scene(roles=[Role.ADMIN, Role.VIEWER], shown=[PAGE])
    made.people.known["robin"] = person([Role.VIEWER], ["shop-1"], "robin")
    return made


def test_a_new_person_comes_by_a_link_that_is_shown_once(scene: Scene) -> None:
    fields = {"name": "kim", "role": ["reviewer", "viewer"], "accounts": "shop-1, shop-2\nshop-3"}
    answer = scene.post("/people/new", fields)
    link = re.search(r"http://127\.0\.0\.1/link/([\w-]+)", answer.text)
    assert answer.status_code == 200
    assert link
    assert scene.people.links[link[1]] == "kim"
    made = scene.people.known["kim"]
    assert made.roles == {Role.REVIEWER, Role.VIEWER}
    assert made.accounts == frozenset({"shop-1", "shop-2", "shop-3"})
    assert link[1] not in scene.client.get("/people").text


def test_all_merchant_accounts_are_asked_for_and_none_means_none(scene: Scene) -> None:
    scene.post("/people/new", {"name": "all", "every_account": "1"})
    scene.post("/people/new", {"name": "none"})
    assert scene.people.known["all"].accounts is None
    assert scene.people.known["none"].accounts == frozenset()


def test_rights_are_changed_and_a_refusal_says_why(scene: Scene) -> None:
    robin = scene.people.known["robin"].user_id
    assert (
        scene.post(f"/people/{robin}/rights", {"role": ["analyst"], "accounts": "shop-2"}).status_code == 303
    )
    assert scene.people.known["robin"].roles == {Role.ANALYST}
    own = scene.post(f"/people/{scene.person.user_id}/rights", {"role": ["viewer"]})
    assert own.status_code == 409
    assert "Somebody else changes your rights." in own.text


def test_who_is_disabled_has_no_session_and_comes_back_when_enabled(scene: Scene) -> None:
    robin = scene.people.known["robin"]
    token = scene.people.enter(robin)
    scene.post(f"/people/{robin.user_id}/disable", {})
    assert scene.people.person_of(token) is None
    assert "disabled" in scene.client.get("/people").text
    scene.post(f"/people/{robin.user_id}/enable", {})
    assert robin.user_id not in scene.people.disabled


def test_a_lost_phone_is_forgotten_by_a_link(scene: Scene) -> None:
    robin = scene.people.known["robin"].user_id
    scene.people.apps.add(robin)
    assert "the phone is lost" in scene.client.get(f"/people/{robin}").text
    assert scene.post(f"/people/{robin}/link", {"forget_app": "1"}).status_code == 200
    assert robin not in scene.people.apps


def test_who_manages_some_merchant_accounts_sees_nobody_of_others() -> None:
    scene = Scene(roles=[Role.ADMIN], accounts=["shop-1"], shown=[PAGE])
    scene.people.known["robin"] = person([Role.VIEWER], ["shop-2"], "robin")
    robin = scene.people.known["robin"].user_id
    assert "robin" not in scene.client.get("/people").text
    assert scene.client.get(f"/people/{robin}").status_code == 404
    for what in ("rights", "link", "disable"):
        assert scene.post(f"/people/{robin}/{what}", {}).status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
def test_nobody_else_manages_people(role: Role) -> None:
    scene = Scene(roles=[role], shown=[PAGE])
    assert scene.client.get("/people").status_code == 403
    assert scene.post("/people/new", {"name": "mallory"}).status_code == 403
    assert "mallory" not in scene.people.known
