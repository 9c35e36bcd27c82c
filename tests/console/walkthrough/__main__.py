"""`python -m tests.console.walkthrough`: people in a real browser, on the platform that is up."""

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from desk.accounts import Accounts
from desk.database import DeskDatabase
from streams.settings import Settings
from tests.console.browser.conftest import ARGUMENTS, CHROMIUM
from tests.console.hostile.visitor import guests
from tests.console.walkthrough import desk_day
from tests.console.walkthrough.desk_day import Console
from tests.console.walkthrough.shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

STEPS = (
    desk_day.payments_move_the_live_counter,
    desk_day.a_rule_of_two_people_decides,
    desk_day.a_review_by_keyboard_changes_a_later_decision,
)
"""In order: the later ones use the rules of the second."""


@contextmanager
def windows(faults: list[str], pictures: Path) -> "Iterator[Callable[[], Page]]":
    """Opens windows, each of a browser session of its own. Errors are kept, and pictures of a failure."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))

        def opened() -> "Page":
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.set_default_timeout(120_000)
            page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            return page

        try:
            yield opened
        except BaseException:
            for number, page in enumerate(page for context in browser.contexts for page in context.pages):
                page.screenshot(path=pictures / f"{number}.png", full_page=True)
            raise
        finally:
            browser.close()


@click.command()
@click.option("--engine", default="live", show_default=True)
@click.option("--only", default="", help="Steps whose name holds this.")
@click.option(
    "--pictures",
    default="/tmp",
    show_default=True,
    help="Folder for what the windows show when a step fails.",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
)
@click.option("--json", "as_json", is_flag=True, help="Last line: what happened, as one JSON object.")
def main(engine: str, only: str, pictures: Path, *, as_json: bool) -> None:
    """Use the console of a platform that is up as people do. Exit code 1 where the engine does not follow.

    Two rules stay in the ruleset; they concern merchants that exist in this run only.
    """
    settings, faults, told = Settings(), list[str](), dict[str, Any]()
    address = json.loads((settings.run / "console.json").read_text(encoding="utf-8"))["address"]
    shop = Shop(settings.kafka(), engine, secrets.token_hex(3))
    with (
        closing(DeskDatabase(settings.database(), connections_max=2)) as database,
        guests(Accounts(database, lambda: datetime.now(UTC)), address) as made,
        windows(faults, pictures) as window,
    ):
        for step in (each for each in STEPS if only in each.__name__):
            begun = time.monotonic()
            told[step.__name__] = step(Console(address, made, window), shop)
            click.echo(
                f"{time.monotonic() - begun:6.1f} s  {step.__name__.replace('_', ' ')}: {told[step.__name__]}"
            )
    for fault in faults:
        click.echo(f"an error on the browser's console: {fault}", err=True)
    if as_json:
        click.echo(json.dumps({"faults": faults, "steps": told}))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
