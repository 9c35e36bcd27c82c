"""A console on a warehouse of the bench: PostgreSQL and web server of its own, signed in as an admin.

What comes from Kafka is not there, but for the models in effect, which are made up so that the Models page
asks all that it can ask. The clock begins with the newest payment and goes on from there.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from bench.console_questions import ENGINE, Facts
from dashboards.console import ConsoleParts, create_app
from dashboards.console.pages.models.model_desk import ModelCard, ModelDesk, ModelsNow, model_desk
from dashboards.console.security.cookies import SESSION
from dashboards.console.warehouse import WarehouseReader
from desk.accounts import Accounts, Role
from desk.audit import AuditTrail
from desk.database import DeskDatabase, migrate
from models.messages import ChallengerChange
from models.rollout import ModelsInEffect
from streams.platform.postgres import LocalPostgres
from streams.settings import Settings
from tests.console.served_app import served

CHAMPION: Final = "0123456789abcdef" * 4
CHALLENGER: Final = "fedcba9876543210" * 4
PASSWORD: Final = "four words of the bench"
TOKEN: Final = re.compile(r'name="csrf" value="([^"]+)"')
NAME: Final = "admin"


class ModelsOnTrial:
    """A log whose challenger is on trial."""

    def now(self) -> ModelsNow:
        """See `ModelPlane`."""
        on_trial = ModelsInEffect(CHAMPION).after(ChallengerChange(CHALLENGER, share=50_000))
        return ModelsNow(on_trial, None)

    def card(self, sha256: str) -> ModelCard | None:
        """See `ModelPlane`."""
        return ModelCard(sha256, 214, "0123", "Platt", {"data": "made up by the bench"})

    def promote(self, *_: Any) -> int:
        """See `ModelPlane`."""
        raise NotImplementedError

    roll_back = withdraw = promote


@dataclass(frozen=True)
class OpenConsole:
    """A console that answers."""

    address: str
    session: dict[str, str]
    """Cookies of a person who is signed in and may see everything."""
    facts: Facts
    people: Accounts

    def viewers(self, count: int) -> list[dict[str, str]]:
        """Cookies of so many other people, who may look and nothing else."""
        return [{SESSION: self._viewer(number)} for number in range(count)]

    def _viewer(self, number: int) -> str:
        name = f"viewer-{number}-{time.monotonic_ns()}"
        _, link = self.people.new_person(name, [Role.VIEWER], None)
        self.people.use_link(link, PASSWORD)
        return self.people.sign_in(name, PASSWORD, "", f"10.0.{number}.1").token

    def client(self) -> httpx.Client:
        """A browser's worth of HTTP: signed in, takes gzip."""
        return httpx.Client(base_url=self.address, cookies=self.session, timeout=60, follow_redirects=True)


@contextmanager
def console_on(warehouse: WarehouseReader) -> Iterator[OpenConsole]:
    """Serves it on a free port; all that it made is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)  # PostgreSQL runs as a user of its own where we are root
        postgres = LocalPostgres(home, say=lambda _: None)
        postgres.start()
        try:
            yield from _served(warehouse, home, postgres.url)
        finally:
            postgres.stop()


def _served(warehouse: WarehouseReader, home: Path, url: str) -> Iterator[OpenConsole]:
    facts, began = Facts(warehouse), time.monotonic()

    def now() -> datetime:
        return facts.now + timedelta(seconds=time.monotonic() - began)

    database = DeskDatabase(url)
    try:
        migrate(database)
        people = Accounts(database, now)
        people.use_link(str(people.first_admin()), PASSWORD)
        parts = ConsoleParts(ENGINE, warehouse, people, database, now, settings=Settings(home=home))
        app = create_app(parts)
        desk = ModelDesk(ENGINE, database, AuditTrail(now), ModelsOnTrial())
        app.dependency_overrides[model_desk] = lambda: desk
        with served(app) as address:
            yield OpenConsole(address, signed_in(address), facts, people)
    finally:
        database.close()


def signed_in(address: str) -> dict[str, str]:
    """The cookies of a session that began as a person's does: by the form."""
    with httpx.Client(base_url=address, headers={"origin": address}) as client:
        found = TOKEN.search(client.get("/sign-in").text)
        assert found, "the sign-in page has no form"
        fields = {"name": NAME, "password": PASSWORD, "csrf": found[1]}
        answer = client.post("/sign-in", data=fields)
        assert answer.status_code == 303, f"signing in was answered by {answer.status_code}"
        return dict(client.cookies)
