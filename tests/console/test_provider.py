"""Signing in by an identity provider: a real one over HTTP, and what it or a stranger may bring."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from dashboards.console.provider import IdentityProvider, ProviderSettings
from desk.accounts import Role
from tests.console.local_provider import CLIENT, SECRET, LocalProvider, new_key
from tests.console.scene import NOW, ORIGIN, Scene, person

BACK = f"{ORIGIN}/sign-in/provider/back"
NOT_TRUE: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://id.example.com"},
    "for somebody else": {"aud": "another-client"},
    "for several, and we are not who asked": {"aud": ["console", "other"], "azp": "other"},
    "for several, and it is not said who asked": {"aud": ["console", "other"]},
    "of another sign-in": {"nonce": "another"},
    "without a nonce": {"nonce": None},
    "expired": {"exp": int(NOW.timestamp()) - 61},
    "without an end": {"exp": None},
    "from the future": {"iat": int(NOW.timestamp()) + 61},
    "an hour old": {"iat": int(NOW.timestamp()) - 3_600},
    "of nobody": {"sub": None},
    "of an empty name": {"sub": ""},
    "of what is no text": {"sub": 7},
}


@pytest.fixture
def provider() -> Iterator[LocalProvider]:
    with LocalProvider(int(NOW.timestamp())) as running:
        yield running


def scene_with(provider: LocalProvider, first_role: Role | None = None) -> Scene:
    """A browser in which nobody is signed in, of a console with this provider, which knows `avery`."""
    known = ProviderSettings(provider.issuer, CLIENT, BACK, SECRET)
    scene = Scene(roles=None, provider=IdentityProvider(known, lambda: NOW), first_role=first_role)
    scene.people.vouched_for["s-1"] = scene.person
    return scene


def left(scene: Scene, then: str = "") -> str:
    """Where the browser is sent to."""
    answer = scene.client.get("/sign-in/provider", params={"then": then} if then else None)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def came_back(scene: Scene, provider: LocalProvider) -> httpx.Response:
    """The whole way."""
    return scene.client.get(provider.signs_in(left(scene)))


def is_in(scene: Scene) -> bool:
    return scene.client.get("/account").status_code == 200


def test_who_was_connected_comes_in_and_is_led_to_where_they_wanted(provider: LocalProvider) -> None:
    scene = scene_with(provider)
    assert 'href="/sign-in/provider?then=%2Faccount"' in scene.client.get("/sign-in?then=/account").text
    answer = scene.client.get(provider.signs_in(left(scene, "/account")))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert is_in(scene)


def test_what_leaves_holds_no_secret_and_a_new_state_each_time(provider: LocalProvider) -> None:
    scene = scene_with(provider)
    first, second = left(scene), left(scene)
    assert first.startswith(f"{provider.issuer}/authorize?")
    one, other = (parse_qs(urlsplit(each).query) for each in (first, second))
    assert one["redirect_uri"] == [BACK]
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != other[name]
        assert len(one[name][0]) >= 43
    assert "code_verifier" not in first
    assert SECRET not in first


@pytest.mark.parametrize("why", NOT_TRUE)
def test_a_token_is_refused_that_is(provider: LocalProvider, why: str) -> None:
    provider.says = NOT_TRUE[why]
    scene = scene_with(provider)
    answer = came_back(scene, provider)
    assert answer.status_code == 401
    assert "did not work" in answer.text
    assert not is_in(scene)


def test_a_token_signed_with_another_key_or_by_a_word_we_share_is_refused(provider: LocalProvider) -> None:
    from joserfc.jwk import OctKey

    shared = OctKey.import_key(SECRET * 4, {"kid": str(provider.key.kid)})
    for key, algorithm in ((new_key(), "RS256"), (shared, "HS256")):
        provider.signing_key, provider.algorithm = key, algorithm  # type: ignore[assignment]
        assert came_back(scene_with(provider), provider).status_code == 401


def test_a_token_that_is_not_signed_or_no_token_at_all_is_refused(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzLTEifQ."
    for token in (unsigned, "", "a.b.c", "x" * 10_000):
        monkeypatch.setattr(provider, "id_token", lambda _, token=token: token)
        assert came_back(scene_with(provider), provider).status_code == 401


def test_the_state_of_somebody_else_is_refused_also_with_a_good_code(provider: LocalProvider) -> None:
    victim, attacker = scene_with(provider), scene_with(provider)
    theirs = provider.signs_in(left(attacker))
    left(victim)
    assert victim.client.get(theirs).status_code == 401
    assert not is_in(victim)
    assert scene_with(provider).client.get(theirs).status_code == 401, "nothing was begun in this browser"


def test_a_code_and_its_state_work_once(provider: LocalProvider) -> None:
    scene = scene_with(provider)
    address = provider.signs_in(left(scene))
    carried = dict(scene.client.cookies)
    assert scene.client.get(address).status_code == 303
    scene.client.cookies.delete("session")
    assert scene.client.get(address).status_code == 401, "the browser has nothing begun any more"
    other = scene_with(provider)
    other.client.cookies.update(carried)
    assert other.client.get(address).status_code == 401, "and the provider knows the code as used"


def test_a_code_without_its_verifier_is_refused(provider: LocalProvider) -> None:
    """Whoever sees the address that a browser comes back by cannot come in by it."""
    victim, thief = scene_with(provider), scene_with(provider)
    code = parse_qs(urlsplit(provider.signs_in(left(victim))).query)["code"][0]
    state = parse_qs(urlsplit(left(thief)).query)["state"][0]
    assert thief.client.get(f"{BACK}?code={code}&state={state}").status_code == 401


def test_who_is_nobody_here_is_told_what_to_do(provider: LocalProvider) -> None:
    provider.person = {"sub": "stranger", "preferred_username": "avery", "email": "avery@example.com"}
    scene = scene_with(provider)
    answer = came_back(scene, provider)
    assert answer.status_code == 403
    assert "ask an administrator" in answer.text
    assert not is_in(scene), "nor by the name of somebody who is there"


def test_by_a_setting_a_stranger_comes_in_with_that_role_and_no_merchant_account(
    provider: LocalProvider,
) -> None:
    provider.person = {"sub": "new", "email": "new@example.com", "roles": ["admin"]}
    scene = scene_with(provider, Role.VIEWER)
    assert came_back(scene, provider).status_code == 303
    made = scene.people.vouched_for["new"]
    assert (made.name, made.roles) == ("new@example.com", frozenset({Role.VIEWER}))
    assert made.accounts == frozenset()


def test_a_session_that_was_there_before_ends(provider: LocalProvider) -> None:
    scene = scene_with(provider)
    planted = scene.people.enter(person([Role.VIEWER], name="attacker"))
    scene.client.cookies.set("session", planted)
    answer = came_back(scene, provider)
    assert answer.cookies["session"] != planted
    assert planted not in scene.people.sessions


def test_where_the_provider_is_down_names_and_passwords_work() -> None:
    with LocalProvider(int(NOW.timestamp())) as provider:
        scene = scene_with(provider)
    answer = scene.client.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "sign in with name and password" in answer.text
    assert scene.post("/sign-in", {"name": "avery", "password": "right"}, "/sign-in").status_code == 303
    assert is_in(scene)


def test_a_provider_that_goes_down_on_the_way_is_told(provider: LocalProvider) -> None:
    scene = scene_with(provider)
    address = provider.signs_in(left(scene))
    provider.metadata["jwks_uri"] = "http://127.0.0.1:1/keys"
    scene.parts.provider._metadata._found = None  # type: ignore[union-attr]
    answer = scene.client.get(address)
    assert answer.status_code == 503


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://id.example.com"},
        {"token_endpoint": "http://id.example.com/token"},
        {"jwks_uri": 7},
    ],
)
def test_a_provider_that_is_not_the_one_that_was_set_is_not_asked(
    provider: LocalProvider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert scene_with(provider).client.get("/sign-in/provider").status_code == 503


def test_new_keys_of_the_provider_are_asked_for_and_not_again_and_again(provider: LocalProvider) -> None:
    now = NOW
    known = ProviderSettings(provider.issuer, CLIENT, BACK, SECRET)
    scene = Scene(roles=None, provider=IdentityProvider(known, lambda: now))
    scene.people.vouched_for["s-1"] = scene.person
    assert came_back(scene, provider).status_code == 303
    provider.key = provider.signing_key = new_key()
    assert came_back(scene, provider).status_code == 401
    now, provider.now = now + timedelta(minutes=2), provider.now + 120
    assert came_back(scene, provider).status_code == 303
    provider.signing_key = new_key()
    for _ in range(5):
        assert came_back(scene, provider).status_code == 401
    assert provider.asked.count("/keys") == 2


def test_it_leads_to_no_other_host_afterwards(provider: LocalProvider) -> None:
    for then in ("https://example.com", "//example.com", "/\\example.com", "/" + "x" * 1_990):
        scene = scene_with(provider)
        answer = scene.client.get(provider.signs_in(left(scene, then)))
        assert answer.headers["location"] == "/"


def test_what_a_provider_brings_as_a_fault_is_not_shown(provider: LocalProvider) -> None:
    scene = scene_with(provider)
    state = parse_qs(urlsplit(left(scene)).query)["state"][0]
    answer = scene.client.get(
        "/sign-in/provider/back", params={"state": state, "error": "<script>x</script>"}
    )
    assert answer.status_code == 401
    assert "<script>x" not in answer.text


def test_without_a_provider_there_is_no_such_page() -> None:
    scene = Scene(roles=None)
    assert scene.client.get("/sign-in/provider").status_code == 404
    assert scene.client.get("/sign-in/provider/back?code=a&state=b").status_code == 404
    assert "/sign-in/provider" not in scene.client.get("/sign-in").text
