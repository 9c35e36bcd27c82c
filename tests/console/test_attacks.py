"""What attackers send to a console: other people's forms, other hosts, other paths, too much."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, Form, Request, Response

from dashboards.console.design import render
from dashboards.console.pages import Page
from dashboards.console.security import allowed, redirect
from desk.accounts import Action, Person, Role
from tests.console.scene import Scene, person, session_of

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


Somebody = Annotated[Person, Depends(allowed(Action.SEE_LIVE))]
OTHER_HOSTS = (
    "https://example.com", "//example.com", "/\\example.com", "http:example.com", "/%0d%0aSet-Cookie:x",
    "javascript:alert(1)", "/a//example.com", "\thttps://example.com", "///example.com", "////example.com",
    "/%2f%2fexample.com", "/%5Cexample.com", "///example.com/a?b#c",
)  # fmt: skip
OTHER_NAMES = (
    "example.com", "127.0.0.1.example.com", "", "localhost.example.com:80", "127.0.0.1@example.com"
)  # fmt: skip
OTHER_FILES = (
    "../app.py", "..%2fapp.py", "%2e%2e/app.py", "..%5capp.py", "vendor/../../rendering.py", "/etc/passwd",
    "%2fetc%2fpasswd", "console.css%00.png",
)  # fmt: skip
ANSWERS = {
    "/account": 200, "/sign-in": 303, "/nothing": 404, "/static/console.css": 200, "/static/nothing": 404
}  # fmt: skip


def writing() -> list[Page]:
    """A page that keeps a note and shows it."""
    router = APIRouter()
    kept: list[str] = []

    @router.get("/notes")
    def notes(request: Request, person: Somebody) -> Response:  # noqa: ARG001
        return render(request, "failure.html.j2", {"status": 200, "title": "Notes", "text": " ".join(kept)})

    @router.post("/notes")
    def note(person: Somebody, text: Annotated[str, Form(max_length=1_000)] = "") -> Response:  # noqa: ARG001
        kept.append(text)
        return redirect("/notes")

    @router.get("/fault")
    def fault(person: Somebody) -> Response:  # noqa: ARG001
        raise RuntimeError("secret of the house")

    return [Page("/notes", "Notes", Action.SEE_LIVE, "n", router)]


@pytest.fixture
def scene() -> Scene:
    """Somebody who may do everything."""
    return Scene(shown=writing())


def test_a_form_of_ours_is_taken(scene: Scene) -> None:
    assert scene.post("/notes", {"text": "mine"}).status_code == 303
    assert "mine" in scene.client.get("/notes").text


@pytest.mark.parametrize(
    "origin", ["https://example.com", "null", "", "http://127.0.0.1.example.com", "http://127.0.0.1:81"]
)
def test_a_form_of_another_page_is_refused(scene: Scene, origin: str) -> None:
    sent = {"text": "theirs", "csrf": scene.token()}
    assert scene.client.post("/notes", data=sent, headers={"origin": origin}).status_code == 403
    assert "theirs" not in scene.client.get("/notes").text


def test_a_form_without_its_token_or_with_another_sessions_is_refused(scene: Scene) -> None:
    other = Scene(shown=writing()).token()
    for token in ("", "x", "x.y", other, other.partition(".")[0], "a." + "0" * 64, "ß.ß"):
        sent = {"text": "theirs", "csrf": token}
        assert scene.client.post("/notes", data=sent, headers={"origin": scene.origin}).status_code == 403
    assert "theirs" not in scene.client.get("/notes").text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_change_nothing_either(scene: Scene, method: str) -> None:
    answer = scene.client.request(method, "/notes", headers={"origin": "https://example.com"})
    assert answer.status_code in {403, 405}


def test_the_token_of_forms_is_another_one_on_each_page(scene: Scene) -> None:
    assert scene.token() != scene.token()


def test_signing_in_from_another_page_is_refused() -> None:
    scene = Scene(roles=None)
    fields = {"name": "avery", "password": "right"}
    assert scene.client.post("/sign-in", data=fields, headers={"origin": scene.origin}).status_code == 403
    sent = {**fields, "csrf": scene.token("/sign-in")}
    answer = scene.client.post("/sign-in", data=sent, headers={"origin": "https://example.com"})
    assert answer.status_code == 403


def test_a_session_that_was_planted_is_not_the_one_that_begins() -> None:
    scene = Scene(roles=None)
    planted = scene.people.enter(person([Role.VIEWER], name="attacker"))
    form = scene.token("/sign-in")
    scene.client.cookies.set("session", planted)
    refused = scene.post("/sign-in", {"name": "avery", "password": "right"}, "/account")
    assert refused.status_code == 303
    begun = refused.cookies["session"]
    assert begun != planted
    assert planted not in scene.people.sessions, "whoever planted it has no session any more"
    assert scene.people.sessions[begun].person.name == "avery"
    assert form


def test_a_made_up_session_is_nobody() -> None:
    scene = Scene(roles=None)
    for made_up in ("x", "0" * 43, "x" * 10_000):
        scene.client.cookies.set("session", made_up)
        assert scene.client.get("/account").status_code == 303


def test_a_new_token_takes_the_place_of_the_old_one(scene: Scene) -> None:
    """As when the rights of its person change."""
    old = scene.client.cookies["session"]
    renewed = session_of(scene.person)
    object.__setattr__(renewed, "new_token", "renewed")
    scene.people.sessions[old] = renewed
    answer = scene.client.get("/account")
    assert answer.cookies["session"] == "renewed"
    scene.people.sessions = {"renewed": session_of(scene.person)}
    scene.client.cookies.clear()
    scene.client.cookies.set("session", "renewed")
    from tests.console.scene import FIELD

    form = FIELD.search(answer.text)
    assert form
    sent = scene.client.post("/notes", data={"csrf": form[1]}, headers={"origin": scene.origin})
    assert sent.status_code == 303, "forms of that page belong to the new token"


@pytest.mark.parametrize("target", OTHER_HOSTS)
def test_signing_in_leads_to_no_other_host(target: str) -> None:
    scene = Scene(roles=None)
    answer = scene.post("/sign-in", {"name": "avery", "password": "right", "then": target}, "/sign-in")
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location == "/" or (location == target and target.startswith("/%0d"))
    assert "example.com" not in location


@pytest.mark.parametrize("host", OTHER_NAMES)
def test_another_name_of_this_machine_is_refused(scene: Scene, host: str) -> None:
    assert scene.client.get("/account", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8700", "localhost:8700", "[::1]:8700", "LOCALHOST"])
def test_this_machine_is_known_by_its_own_names(scene: Scene, host: str) -> None:
    assert scene.client.get("/sign-in", headers={"host": host}).status_code in {200, 303}


def test_behind_an_address_of_its_own_the_console_has_that_name_alone() -> None:
    scene = Scene(address="https://console.example.com")
    assert scene.client.get("/account").status_code == 200
    assert scene.client.get("/account", headers={"host": "127.0.0.1"}).status_code == 421


def test_over_tls_cookies_belong_to_this_host_and_to_tls_alone() -> None:
    scene = Scene(roles=None, address="https://console.example.com")
    answer = scene.post("/sign-in", {"name": "avery", "password": "right"}, "/sign-in")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    assert cookie.startswith("__Host-session=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


EXPECTED: dict[str, Any] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
    "connect-src 'self'", "font-src 'self'", "form-action 'self'", "frame-ancestors 'none'",
    "base-uri 'none'",
}  # fmt: skip


@pytest.mark.parametrize(("path", "status"), ANSWERS.items())
def test_every_answer_carries_the_headers(scene: Scene, path: str, status: int) -> None:
    answer = scene.client.get(path)
    assert answer.status_code == status
    for name, value in EXPECTED.items():
        assert answer.headers[name] == value
    assert set(answer.headers["content-security-policy"].split("; ")) == POLICY
    assert path.startswith("/static") or answer.headers["cache-control"] == "no-store"


def test_an_answer_of_the_guard_carries_them_too(scene: Scene) -> None:
    for answer in (
        scene.client.get("/account", headers={"host": "example.com"}),
        scene.client.post("/notes", content=b"x" * (1 << 20 | 1)),
    ):
        assert answer.status_code in {413, 421}
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_fault_of_ours_tells_a_number_and_nothing_of_itself(scene: Scene) -> None:
    answer = scene.client_that_is_told_of_faults().get("/fault")
    assert answer.status_code == 500
    assert "secret of the house" not in answer.text
    assert "It has been noted as" in answer.text
    assert answer.headers["content-security-policy"]


def test_a_body_has_1_mib_at_most_also_where_it_does_not_say_its_length(scene: Scene) -> None:
    def pieces() -> Any:
        for _ in range(40):
            yield b"x" * (1 << 15)

    answer = scene.client.post(
        "/notes",
        content=pieces(),
        headers={"origin": scene.origin, "content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("path", OTHER_FILES)
def test_static_files_are_those_of_the_folder_alone(scene: Scene, path: str) -> None:
    answer = scene.client.get(f"/static/{path}")
    assert answer.status_code in {400, 404}
    assert "import" not in answer.text


def test_what_is_no_text_is_not_understood(scene: Scene) -> None:
    """A NUL, and half a character by a character set that the form names itself."""
    for path in ("/account?after=%00", "/search?q=%00", "/account?%00=1", "/link/%00"):
        assert scene.client.get(path).status_code == 400
    assert scene.post("/notes", {"text": "a\0b"}).status_code == 400
    form = (
        f'--x\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{scene.token()}\r\n'
        '--x\r\ncontent-disposition: form-data; name="text"\r\n\r\n\\ud800\r\n--x--\r\n'
    )
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    headers = {"origin": scene.origin, "content-type": kind}
    assert scene.client.post("/notes", content=form, headers=headers).status_code == 400


def test_a_script_in_a_note_is_text(scene: Scene) -> None:
    scene.post("/notes", {"text": SCRIPT})
    text = scene.client.get("/notes").text
    assert SCRIPT not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_script_in_an_address_or_a_name_is_text() -> None:
    scene = Scene(shown=writing())
    scene.person = person(name=SCRIPT)
    scene.client.cookies.set("session", scene.people.enter(scene.person))
    for path in ("/account", f"/search?q={SCRIPT}", f"/link/{SCRIPT}"):
        assert "<script>alert" not in scene.client.get(path).text
    nobody = Scene(roles=None)
    assert "<script>alert" not in nobody.client.get(f"/sign-in?then=/{SCRIPT}").text
    refused = nobody.post("/sign-in", {"name": SCRIPT, "password": "wrong"}, "/sign-in")
    assert refused.status_code == 401
    assert "<script>alert" not in refused.text


def test_no_template_runs_text_or_carries_styles() -> None:
    """What the policy would forbid a browser to do would be a fault on its console."""
    import re

    from dashboards.console.design import STATIC

    console = STATIC.parent.parent
    templates = [*console.rglob("*.j2")]
    assert len(templates) > 8
    for template in templates:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|<style|javascript:", text), (
            template
        )
        assert "|safe" not in text.replace(" ", ""), template
        assert not re.search(r'(?:src|href)="https?:', text), template


def test_every_query_is_within_the_merchant_accounts_of_whoever_asks() -> None:
    from dashboards.console.design import STATIC

    console: Path = STATIC.parent.parent
    for query in console.rglob("queries/*.sql"):
        text = query.read_text(encoding="utf-8")
        head = text[: text.index("SELECT")].lower() if "SELECT" in text else text.lower()
        assert all(word in head for word in ("grain", "reader", "cost")), query
        assert "{accounts:Array(String)}" in text or "no merchant account" in head, query
