"""`python -m tests.console.hostile`: every attack on the console of the platform that is up."""

import json
import sys
import time
from datetime import UTC, datetime

import click

from desk.accounts import Accounts
from desk.database import DeskDatabase
from streams.settings import Settings
from tests.console.hostile import entry, flood, typed
from tests.console.hostile.visitor import guests

ATTACKS = (
    entry.a_code_works_once, entry.a_planted_session_is_worth_nothing,
    entry.no_form_of_another_page_is_taken, entry.nothing_leads_to_another_host,
    entry.no_file_but_ours_is_served, entry.a_forged_form_gives_no_rights,
    typed.a_parameter_given_twice_changes_nothing_of_who_may, typed.every_filter_is_data,
    flood.streams_of_one_person_are_bounded, flood.huge_bodies_and_heads_are_refused,
    flood.thousands_of_slow_connections_end,
)  # fmt: skip


@click.command()
@click.option("--only", default="", help="Attacks whose name holds this.")
def main(only: str) -> None:
    """Attack the console of a platform that is up. Exit code 1 where something gets through."""
    settings = Settings()
    address = json.loads((settings.run / "console.json").read_text(encoding="utf-8"))["address"]
    database = DeskDatabase(settings.database(), connections_max=2)
    failed = False
    for attack in ATTACKS:
        name = attack.__name__.replace("_", " ")
        if only and only not in name:
            continue
        # By one address many may sign in within the window only: the attack is not what is counted here.
        with database.transaction() as connection:
            connection.execute("DELETE FROM sign_in_attempts")
        begun = time.monotonic()
        with guests(Accounts(database, lambda: datetime.now(UTC)), address) as made:
            through = list(attack(made))
        failed = failed or bool(through)
        click.echo(f"{'THROUGH' if through else 'held':8}{time.monotonic() - begun:6.1f} s  {name}")
        for each in through[:20]:
            click.echo(f"          {each}")
    database.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
