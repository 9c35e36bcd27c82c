"""`tollgate console` as it runs: a process with a real PostgreSQL, and a warehouse that is not there."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.commands.console import forget, listening, run
from desk.database import DeskDatabase
from streams.errors import Misconfigured, Outage
from streams.platform import plan
from streams.platform.plan import process_table
from streams.settings import InvalidSetting, Settings
from tests.console.scene import FIELD
from tests.support.shared_postgres import desk_url

__all__ = ["desk_url"]

TIMEOUT_S = 120.0


class ConsoleProcess:
    """A console of its own home, ready to be asked."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.file = home / "run" / "console.json"
        self.file.parent.mkdir(parents=True)
        known = {k: v for k, v in os.environ.items() if not k.startswith("TOLLGATE_")}
        environment = known | {"TOLLGATE_HOME": str(home), "DATABASE_URL": database_url}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "console"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.record = self._record()
        self.address = str(self.record["address"])

    def _record(self) -> dict[str, Any]:
        give_up_at = time.monotonic() + TIMEOUT_S
        while not self.file.exists():
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < give_up_at, "the console is not up"
            time.sleep(0.05)  # another process: there is nothing to wait on
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return found

    def stop(self) -> str:
        """Ends it as `tollgate down` does; what it printed."""
        self.process.send_signal(signal.SIGTERM)
        return str(self.process.communicate(timeout=TIMEOUT_S)[0])


@pytest.fixture
def console(tmp_path: Path, desk_url: str) -> Iterator[ConsoleProcess]:
    running = ConsoleProcess(tmp_path, desk_url)
    yield running
    if running.process.poll() is None:
        running.stop()


def sent(client: httpx.Client, path: str, page: str, **fields: str) -> httpx.Response:
    """A form, as a browser sends it that has `page` open."""
    token = FIELD.search(client.get(page).text)
    assert token
    origin = str(client.base_url).rstrip("/")
    return client.post(path, data={**fields, "csrf": token[1]}, headers={"origin": origin})


def test_the_first_administrator_comes_in_by_a_link_that_is_in_no_log(console: ConsoleProcess) -> None:
    assert console.file.stat().st_mode & 0o077 == 0, "it holds the link"
    link = str(console.record["first_link"])
    path = link.removeprefix(console.address)
    password = "a sentence is long enough"
    with httpx.Client(base_url=console.address) as client:
        assert client.get("/").headers["location"] == "/sign-in"
        chosen = sent(client, path, path, password=password, again=password)
        assert chosen.headers["location"] == "/sign-in?after=set"
        assert sent(client, path, path, password=password, again=password).status_code == 410
        signed_in = sent(client, "/sign-in", "/sign-in", name="admin", password=password)
        assert signed_in.status_code == 303
        account = client.get("/account")
        assert account.status_code == 200
        assert "admin" in account.text
        assert client.get("/people").status_code == 200
        missing = client.get("/search/results?q=payment")
        assert missing.status_code == 503
        assert "The warehouse does not answer" in missing.text
        assert json.loads(console.file.read_text(encoding="utf-8"))["address"] == console.address
        assert path not in console.file.read_text(encoding="utf-8"), "a link that was used is not shown again"
    printed = console.stop()
    assert console.process.returncode == 0, printed
    assert "nobody can sign in yet" in printed
    assert path.removeprefix("/link/") not in printed, "what the console prints is kept as its log"
    assert not console.file.exists()
    assert not re.search(r"GET|POST", printed), "addresses hold ids and links"


def test_it_ends_also_where_it_is_told_so_before_it_serves(tmp_path: Path, desk_url: str) -> None:
    told = DeskDatabase(desk_url)
    try:
        (tmp_path / "run").mkdir()
        settings = Settings(home=tmp_path)
        run(settings, "live", told, listening(settings, None), lambda: True)
    finally:
        told.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)
    assert not (tmp_path / "run/console.json").exists()


def test_a_port_that_is_taken_says_what_to_do(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    opened = listening(settings, None)
    try:
        with pytest.raises(Misconfigured, match="TOLLGATE_CONSOLE_PORT"):
            listening(settings, opened.getsockname()[1])
    finally:
        opened.close()


def test_a_home_keeps_its_port(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    ports = []
    for _ in range(2):
        opened = listening(settings, None)
        ports.append(opened.getsockname()[1])
        opened.close()
    assert ports[0] == ports[1]


@pytest.mark.parametrize(
    "address", ["console.example.com", "ftp://example.com", "https://example.com/console", "https://"]
)
def test_an_address_that_no_browser_would_send_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting, match="TOLLGATE_CONSOLE_ADDRESS"):
        Settings(console_address=address)


def test_what_ended_is_forgotten_every_hour_also_after_an_outage() -> None:
    class Hours:
        """Three hours pass at once."""

        def __init__(self) -> None:
            self.waited: list[float] = []

        def wait(self, seconds: float) -> bool:
            self.waited.append(seconds)
            return len(self.waited) > 3

    called: list[int] = []

    def forget_what_ended() -> None:
        called.append(len(called))
        if len(called) == 1:
            raise Outage("the database does not answer")

    hours = Hours()
    forget(forget_what_ended, hours)  # type: ignore[arg-type]
    assert (called, hours.waited) == ([0, 1, 2], [3_600.0] * 4)


def test_the_platform_starts_it_last_and_goes_on_without_it(tmp_path: Path) -> None:
    last = process_table(Settings(home=tmp_path, database_url=""), print)[-1]
    assert (last.name, last.needs, last.essential) == ("console", ("postgres", "warehouse"), False)
    own = Settings(home=tmp_path, database_url="postgresql://desk@db.example/desk")
    assert process_table(own, print)[-1].needs == ("warehouse",)


def test_a_host_without_the_extra_has_no_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CONSOLE_NEEDS", ("a_module_that_is_nowhere",))
    table = process_table(Settings(home=tmp_path, database_url=""), print)
    assert "console" not in [spec.name for spec in table]
