"""A script in every field that people or payments fill, looked at on every page in a real browser: it stays
text. What the policy has to stop counts as let through: the page should not have carried it.
"""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest
from fastapi import FastAPI

from dashboards.console.pages.payment import payment_address
from dashboards.console.warehouse import Rows
from desk.audit import AuditTrail
from desk.database import DeskDatabase
from models.rules import ruleset_text
from models.versions import content_version
from streams.warehouse.database import Database
from tests.console import test_pipeline_page
from tests.console.browser.test_shell import signed_in
from tests.console.scene import person
from tests.console.warehouse_server import analyst_url, warehouse_server
from tests.console.whole_console import PROPOSED, RULESET, WholeConsole
from tests.support.shared_postgres import desk_database, desk_url

if TYPE_CHECKING:
    from playwright.sync_api import Dialog
    from playwright.sync_api import Page as Window

__all__ = ["analyst_url", "desk_database", "desk_url", "warehouse_server"]

SCRIPT: Final = (
    "\"'></textarea></title></script><script>alert(1)</script><img src=x onerror=alert(2)>"
    "<svg onload=alert(3)><a href=javascript:alert(4)>x</a>{{7*7}}"
)
SHORT: Final = "\"'><img src=x onerror=alert(5)>"
WATCH: Final = """
window.__through = [];
document.addEventListener('securitypolicyviolation', e => window.__through.push(
  e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile));
"""
PLANTED: Final = """
() => [...document.querySelectorAll('img[src="x"], svg[onload], [onerror], a[href^="javascript:"]')]
  .map(e => e.outerHTML).concat(window.__through)
"""


@pytest.fixture
def console(database: Database, analyst_url: str, desk_database: DeskDatabase) -> Iterator[WholeConsole]:
    client = database.client()
    made = WholeConsole(client, analyst_url, desk_database, "stored-scripts", SCRIPT)
    filled(made)
    yield made
    made.close()
    client.close()


def filled(console: WholeConsole) -> None:
    """Types the script wherever somebody may type."""
    scene, review = console.scene, console.queue.id_of("story-1")
    scene.people.known[SHORT] = person(name=SHORT, accounts=[SHORT])
    ruleset = json.loads(json.dumps(PROPOSED))
    ruleset["rules"][-1] |= {"description": SCRIPT, "owner": SHORT}
    forms: dict[str, dict[str, Any]] = {
        "/rules/propose": {
            "text": ruleset_text(ruleset),
            "base": content_version(RULESET),
            "reason": SCRIPT,
        },
        "/rules/check": {"text": f"# {SCRIPT}\n{ruleset_text(ruleset)}"},
        "/views/save": {"path": "/payments", "name": SHORT, "query": f"merchant={SHORT}"},
        "/explore/queries": {"sql": f"SELECT '{SHORT}'", "name": SHORT},
        f"/review/{review}/claim": {},
        f"/review/{review}/note": {"note": SCRIPT},
        "/lists/add": {"name": "blocked_devices", "value": "d", "lasts": "30", "reason": SCRIPT},
    }
    for path, fields in forms.items():
        answer = scene.post(path, fields)
        assert answer.status_code < 500, (path, answer.status_code, answer.text[:300])
    with console.database.transaction() as connection:
        AuditTrail(lambda: console.now).note(
            connection, scene.person, "signed_in", f"user:{SHORT}", {"agent": SCRIPT, SHORT: [SCRIPT]}
        )
    rows = [test_pipeline_page.row(9, SCRIPT.encode(), SHORT, SCRIPT)]
    console.reader.answers["pipeline/letters"] = Rows(test_pipeline_page.COLUMNS, rows)
    console.reader.answers["lists/entries"] = Rows(
        ("list", "value", "since", "expires_at", "author", "reason", "offset", "purpose", "is_active"),
        [("blocked_devices", SHORT, console.now, None, SHORT, SCRIPT, 1, SHORT, True)],
    )


def paths(console: WholeConsole) -> dict[str, str]:
    """Every page, and pages that show what was asked for."""
    return {
        **console.paths(),
        "payment-hostile": payment_address("acme", SHORT),
        "payments-hostile": f"/payments?merchant={SHORT}&rule={SHORT}",
        "search-hostile": f"/search?q={SHORT}",
        "lists-history": "/lists/history",
        "proposals": "/rules/proposals",
        "dead-letter": "/pipeline/dead-letters/live.payments/0/9",
        "audit-hostile": f"/audit?subject={SHORT}",
        "sign-in": f"/sign-in?then=/{SHORT}",
        "explore-hostile": f"/explore?sql=SELECT%20%27{SHORT}%27",
    }


def test_a_script_in_every_field_stays_text_on_every_page(
    console: WholeConsole, served: Callable[[FastAPI], str], window: Callable[..., "Window"]
) -> None:
    address = served(console.scene.app)
    page = window(cookies=signed_in(console.scene, address))
    page.add_init_script(WATCH)
    dialogs: list[str] = []

    def noted(dialog: "Dialog") -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", noted)
    through, shown = [], 0
    for name, path in paths(console).items():
        page.goto(address + path, wait_until="load")
        page.wait_for_load_state("domcontentloaded")
        page.locator(".skeleton").first.wait_for(state="detached", timeout=30_000)
        through += [(name, each) for each in page.evaluate(PLANTED)]
        shown += "onerror=alert" in page.content().replace("&lt;", "<")
    window.faults[:] = [each for each in window.faults if "status of 4" not in each]  # type: ignore[attr-defined]
    assert (through, dialogs) == ([], [])
    assert shown >= 8, "the script is there to be seen, as text"
