"""The way in, out, and one's own account."""

import pytest

from streams.errors import Outage
from tests.console.scene import Scene

LONG = "a sentence is long"


@pytest.fixture
def nobody() -> Scene:
    """A browser in which nobody is signed in."""
    return Scene(roles=None)


def test_nobody_is_led_to_the_sign_in_page_and_back(nobody: Scene) -> None:
    answer = nobody.client.get("/account")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?then=%2Faccount"
    fields = {"name": "avery", "password": "right", "then": "/account"}
    signed_in = nobody.post("/sign-in", fields, answer.headers["location"])
    assert signed_in.headers["location"] == "/account"
    assert "avery" in nobody.client.get("/account").text


def test_a_refusal_is_worded_the_same_for_every_cause(nobody: Scene) -> None:
    texts = set()
    for fields in ({"name": "avery", "password": "wrong"}, {"name": "nobody", "password": "right"}, {}):
        answer = nobody.post("/sign-in", fields, "/sign-in")
        assert answer.status_code == 401
        texts.add(answer.text.partition('role="alert"')[2].partition("</div>")[0])
    assert len(texts) == 1


def test_the_key_of_an_app_is_shown_as_a_picture_made_here() -> None:
    page = Scene().post("/account/app", {}).text
    assert 'src="data:image/svg+xml' in page
    assert "http" not in page.partition('class="qr-code"')[0].rpartition("<img")[2]


def test_signing_out_ends_the_session_there_and_in_the_browser() -> None:
    scene = Scene()
    token = scene.client.cookies["session"]
    answer = scene.post("/sign-out", {})
    assert answer.headers["location"] == "/sign-in?after=out"
    assert scene.people.person_of(token) is None
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("session="))
    assert "Max-Age=0" in cookie
    assert "You are signed out." in scene.client.get("/sign-in?after=out").text


def test_whoever_is_signed_in_is_led_on_from_the_sign_in_page() -> None:
    assert Scene().client.get("/sign-in?then=/account").headers["location"] == "/account"


def test_a_link_is_used_by_post_alone_and_once(nobody: Scene) -> None:
    nobody.people.links["once"] = "avery"
    for _ in range(3):
        assert nobody.client.get("/link/once").status_code == 200
    assert "once" in nobody.people.links
    fields = {"password": "a sentence is long", "again": "a sentence is long"}
    assert nobody.post("/link/once", fields, "/link/once").headers["location"] == "/sign-in?after=set"
    assert nobody.post("/link/once", fields, "/link/once").status_code == 410


def test_a_link_still_works_after_a_password_that_is_not_taken(nobody: Scene) -> None:
    nobody.people.links["once"] = "avery"
    for fields in ({"password": "short", "again": "short"}, {"password": "a sentence is long", "again": "x"}):
        assert nobody.post("/link/once", fields, "/link/once").status_code == 422
    assert "once" in nobody.people.links


def test_a_changed_password_ends_all_sessions_but_the_new_one() -> None:
    scene = Scene()
    before = scene.client.cookies["session"]
    other = scene.people.enter(scene.person)
    fields = {"current": "right", "password": "a sentence is long", "again": "a sentence is long"}
    assert scene.post("/account/password", fields).headers["location"] == "/account?after=password"
    assert scene.people.person_of(before) is None
    assert scene.people.person_of(other) is None
    assert scene.client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"current": "wrong", "password": LONG, "again": LONG}, "not your password"),
        ({"current": "right", "password": "short", "again": "short"}, "12 characters"),
        ({"current": "right", "password": LONG, "again": "another"}, "not the same"),
    ],
)  # fmt: skip
def test_a_password_that_is_not_changed_says_why(fields: dict[str, str], words: str) -> None:
    answer = Scene().post("/account/password", fields)
    assert answer.status_code == 422
    assert words in answer.text


def test_an_app_holds_once_a_code_of_it_was_right() -> None:
    scene = Scene()
    shown = scene.post("/account/app", {})
    assert "ABCD EFGH IJKL MNOP" in shown.text
    assert 'href="otpauth://totp/' in shown.text
    assert scene.post("/account/app/confirm", {"code": "000000"}).status_code == 422
    assert not scene.people.apps
    assert scene.post("/account/app/confirm", {"code": "123456"}).status_code == 303
    assert scene.people.apps == {scene.person.user_id}


def test_without_the_database_a_page_says_so_and_tells_strangers_nothing_of_it() -> None:
    scene = Scene()

    def down(token: str) -> None:
        assert token
        raise Outage("the PostgreSQL at postgresql://***@db.internal/desk gave no connection")

    scene.people.person_of = down  # type: ignore[method-assign]
    answer = scene.client.get("/account")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "Something is not running" in answer.text
    assert "db.internal" not in answer.text


def test_a_page_that_is_not_there_keeps_the_frame_of_whoever_asks() -> None:
    browsers = {"accept": "text/html,*/*"}
    answer = Scene().client.get("/nothing-here", headers=browsers)
    assert answer.status_code == 404
    assert 'aria-label="Pages"' in answer.text
    stranger = Scene(roles=None).client.get("/nothing-here", headers=browsers)
    assert 'aria-label="Pages"' not in stranger.text
    assert "<html" not in Scene().client.get("/nothing-here").text, "whoever reads no HTML gets a line"


def test_htmx_gets_a_part_of_a_page_for_a_failure() -> None:
    answer = Scene().client.get("/nothing-here", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert "There is nothing here" in answer.text
