"""What hostile people put into addresses and forms."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from fastapi.dependencies.models import Dependant

from dashboards.console.pages.payments.filters import LISTS
from desk.accounts import Role
from tests.console.hostile.visitor import Guests
from tests.console.scene import Scene
from tests.console.test_gates import routes
from tests.console.test_role_matrix import VALUES

INJECTED: Final = (
    "x' OR 1=1 -- {engine:String} %(now)s", "\\' UNION SELECT password_hash FROM users --",
    "99999999999999999999", "<script>alert(1)</script>\u202e",
)  # fmt: skip
SAYS_TOO_MUCH: Final = re.compile(
    r"DB::Exception|psycopg|Traceback|SQLSTATE|syntax error at|fault of ours|<script>alert", re.I
)
SLOW_S: Final = 12.0
BY_THEMSELVES: Final = {
    "/payments": [*LISTS, "within", "since", "until", "amount_from", "amount_to", "place", "view"],
    "/audit": ["view"],
}
"""What pages read from their address without saying so to FastAPI."""
ENDLESS: Final = "/live/events"


def every_filter_is_data(guests: Guests) -> Iterator[str]:
    """Each parameter of each page, with each of these: neither a fault, nor words of a database, nor slow."""
    visitor = guests.let_in(*Role)
    for path, names in parameters():
        for name in names:
            for value in INJECTED:
                asked = f"{path}?{urlencode({name: value})}"
                answer = visitor.client.get(asked)
                if answer.status_code >= 500 or SAYS_TOO_MUCH.search(answer.text):
                    yield f"{asked} answers {answer.status_code}"
                if answer.elapsed.total_seconds() > SLOW_S:
                    yield f"{asked} takes {answer.elapsed.total_seconds():.0f} s"


def a_parameter_given_twice_changes_nothing_of_who_may(guests: Guests) -> Iterator[str]:
    """The second one does not get round what the first one was checked for."""
    visitor = guests.let_in(Role.VIEWER, scope=frozenset({"nobody's"}))
    for twice in (
        "accounts=acme&accounts=%27",
        "account=acme&account=nobody%27s",
        "engine=other&engine=live",
    ):
        for path in ("/payments", "/meters", "/search/results"):
            text = visitor.client.get(f"{path}?{twice}&q=order").text
            if "order-" in text or "tok_" in text:
                yield f"{path}?{twice} shows payments"


def parameters() -> Iterator[tuple[str, list[str]]]:
    """Each page with what it reads from its address."""
    for route, context in routes(Scene().app).items():
        method, _, path = route.partition(" ")
        if method == "GET" and path != ENDLESS and not path.startswith("/sign-in/provider"):
            filled = re.sub(r"{(\w+)(?::\w+)?}", lambda place: VALUES[place[1]], path)
            yield filled, sorted({*_names(context.dependant), *BY_THEMSELVES.get(path, [])})


def _names(dependant: Dependant) -> Iterator[str]:
    for one in dependant.query_params:
        yield one.alias
    for each in dependant.dependencies:
        yield from _names(each)
