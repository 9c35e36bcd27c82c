"""How hostile people try to come in, and to get out of what they may."""

import re
import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from desk.accounts import Role
from tests.console.hostile.visitor import PASSWORD, Guests
from tests.console.scene import Scene
from tests.console.test_attacks import OTHER_FILES, OTHER_HOSTS, OTHER_NAMES
from tests.console.test_gates import routes
from tests.console.test_role_matrix import VALUES

MANY: Final = 8


def a_code_works_once(guests: Guests) -> Iterator[str]:
    """A code that was seen over a shoulder is used up, also at the same moment in another browser."""
    first, name = guests.visitor(), guests.person(Role.VIEWER)
    first.sign_in(name)
    app = guests.enrol(first)
    code = app.at(time.time() + 30)  # of the next step: this one's is used up by confirming it
    answers = [guests.visitor().sign_in(name, code).status_code for _ in range(2)]
    if answers != [303, 401]:
        yield f"the same code twice: {answers}"
    if guests.visitor().sign_in(name).status_code != 401:
        yield "no code is needed"


def a_planted_session_is_worth_nothing(guests: Guests) -> Iterator[str]:
    """Neither one that was made up, nor the attacker's own."""
    attacker, victim, name = guests.let_in(Role.VIEWER), guests.visitor(), guests.person(Role.VIEWER)
    planted = attacker.client.cookies["session"]
    form = victim.token("/sign-in")
    victim.client.cookies.set("session", planted, domain="127.0.0.1")
    victim.post("/sign-in", {"name": name, "password": PASSWORD})
    begun = victim.client.cookies.get("session", domain="127.0.0.1") or ""
    if begun == planted or name in attacker.client.get("/account").text:
        yield "the planted session became the victim's"
    for made_up in (form, "0" * 43, planted[:-1] + "x"):
        stranger = guests.visitor()
        stranger.client.cookies.set("session", made_up, domain="127.0.0.1")
        if stranger.client.get("/account").status_code != 303:
            yield f"a made-up session is somebody: {made_up[:8]}"


def no_form_of_another_page_is_taken(guests: Guests) -> Iterator[str]:
    """Each action, from another origin with a good token, from ours with none, with somebody else's."""
    visitor, other = guests.let_in(*Role), guests.let_in(*Role)
    good, theirs = visitor.token(), other.token()
    for route in routes(Scene().app):
        method, _, path = route.partition(" ")
        if method == "GET":
            continue
        filled = re.sub(r"{(\w+)(?::\w+)?}", lambda place: VALUES[place[1]], path)
        for origin, token in (
            ("https://example.com", good), ("null", good), (None, good), (visitor.address, ""),
            (visitor.address, theirs),
        ):  # fmt: skip
            headers = {} if origin is None else {"origin": origin}
            answer = visitor.client.post(filled, data={"csrf": token}, headers=headers)
            if answer.status_code != 403:
                yield f"{route} from {origin}: {answer.status_code}"


def nothing_leads_to_another_host(guests: Guests) -> Iterator[str]:
    """Each parameter that is led to, before and after signing in, and every other name of this machine."""
    name = guests.person(Role.VIEWER)
    inside = guests.let_in(Role.VIEWER)
    for target in OTHER_HOSTS:
        address = inside.client.get(f"/sign-in?then={quote(target)}").headers.get("location", "")
        outside = guests.visitor()
        form = {"name": name, "password": "wrong", "then": target}
        text = outside.post("/sign-in", form, "/sign-in").text if target == OTHER_HOSTS[0] else ""
        if not address.startswith("/") or address.startswith(("//", "/\\")) or 'value="https' in text:
            yield f"then={target} leads to {address}"
    for host in filter(None, OTHER_NAMES):
        if inside.client.get("/account", headers={"host": host}).status_code != 421:
            yield f"it is known as {host}"


def no_file_but_ours_is_served(guests: Guests) -> Iterator[str]:
    """Paths out of the folder of static files, and out of what is downloaded."""
    visitor = guests.let_in(*Role)
    for path in OTHER_FILES:
        for place in ("/static/", "/static/vendor/", "/payments/", "/rules/history/"):
            answer = visitor.client.get(place + path)
            if "root:" in answer.text or "def create_app" in answer.text or answer.status_code >= 500:
                yield f"{place}{path}: {answer.status_code}"


def a_forged_form_gives_no_rights(guests: Guests) -> Iterator[str]:
    """Fields that the page does not show: roles, merchant accounts, another person's id."""
    admin = guests.let_in(Role.ADMIN, scope=frozenset({"acme"}))
    made = {"name": f"{guests.person(Role.VIEWER)}-2", "roles": ["admin"], "accounts": "", "scope": "all",
            "sees": "all", "everything": "on", "merchant_accounts": ""}  # fmt: skip
    admin.post("/people/new", made)
    for account in guests.accounts.people():
        if account.person.name == made["name"]:
            guests.made.append(account.person.user_id)
            if account.person.accounts is None:
                yield "an admin of one merchant account made one of all"
    viewer = guests.let_in(Role.VIEWER)
    everybody = {one.person.name: one.person for one in guests.accounts.people()}
    me = next(person for name, person in everybody.items() if name in viewer.client.get("/account").text)
    forged = {"roles": ["admin", "approver"], "user_id": str(me.user_id), "by": "admin", "everything": "on"}
    viewer.post(f"/people/{me.user_id}/rights", forged)
    viewer.post("/account/password", {**forged, "current": "x", "password": "y" * 12, "again": "y" * 12})
    after = {one.person.name: one.person for one in guests.accounts.people()}[me.name]
    if after.roles != me.roles:
        yield f"a viewer became {after.roles}"
