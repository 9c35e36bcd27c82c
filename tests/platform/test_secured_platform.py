"""The whole platform on the secured broker: every process by a user of its own, from payment to label."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from streams.connection import security_variables

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PATIENCE_S = 400
OWN = ("TOLLGATE_", "KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_")
EVIDENCE = """\
import json, pathlib, sys, time
from streams.kafka import Sender, Topics, records
from streams.settings import Settings

topics = Topics("live")
bootstrap = Settings().kafka("simulator")
request = json.loads(pathlib.Path(sys.argv[1]).read_text()) | {"requested_at": int(time.time() * 1000)}
with Sender(bootstrap, "live") as sender:
    sender.send(topics["list-requests"], "list_request", "k", json.dumps(request).encode())
    sender.send(topics["disputes"], "dispute", "k", pathlib.Path(sys.argv[2]).read_bytes())
bootstrap = Settings().kafka("analyst")
deadline = time.monotonic() + 90
while time.monotonic() < deadline:
    answers = [json.loads(record.value()) for record in records(bootstrap, topics["list-audit"])]
    ledger = [json.loads(record.value()) for record in records(bootstrap, topics["label-ledger"])]
    if answers and ledger:
        break
    time.sleep(0.5)
print(json.dumps({"answers": [answer["status"] for answer in answers], "dossiers": len(ledger)}))
"""


class SecuredHome:
    """Runs commands on a secured home."""

    def __init__(self, path: Path) -> None:
        self.path = path
        unset = (*OWN, *security_variables())
        own = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
        self.environment = own | {"TOLLGATE_HOME": str(path)}

    def run(self, *arguments: str, role: str = "", code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            cwd=ROOT, env=self.environment | self._of(role),
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def tollgate(self, *arguments: str, role: str = "", code: int = 0) -> str:
        return self.run("-m", "streams.cli", *arguments, role=role, code=code)

    def _of(self, role: str) -> dict[str, str]:
        clients = self.path / "kafka/security/clients"
        return {"KAFKA_PROPERTIES_FILE": str(clients / f"{role}.properties")} if role else {}


def test_a_demonstration_runs_with_tls_users_and_access_control_lists(tmp_path: Path) -> None:
    home = SecuredHome(tmp_path / "secured home")
    try:
        output = home.tollgate("demo", "--secure", "--seconds", "5", "--rate", "100", "--json")
        result: dict[str, Any] = json.loads(output[output.rindex("\n{") :].splitlines()[1])
        assert result["equal"], result
        assert "and in ClickHouse" in home.tollgate("verify")
        published = home.tollgate(
            "lists", "add", "blocked_bins", "411111", "--hours", "1", "--author", "test", "--reason", "test"
        )
        assert "published on live.controls" in published
        _the_console_and_the_desk_work(home)
        sent = home.run("-c", EVIDENCE, "examples/list_request/add.json", "examples/dispute/inquiry.json")
        assert json.loads(sent.splitlines()[-1]) == {"answers": ["accepted"], "dossiers": 1}
        assert "0 rights missing, 0 beyond the matrix" in home.tollgate(
            "acls", "--check", "--with-local", role="superuser"
        )
        _nobody_does_anothers_work(home)
        _secrets_stay_where_they_are(home)
    finally:
        home.tollgate("down")
    assert "Tollgate is up." in home.tollgate("up"), "a home that was secured stays so"
    try:
        answers = home.tollgate("status")
        assert "(answers)" in answers
        assert (home.path / "kafka/server.properties").read_text().count("SASL_SSL") == 1
    finally:
        home.tollgate("down")


def _the_console_and_the_desk_work(home: SecuredHome) -> None:
    """Each by a user of its own: the desk fences the outbox's writer and reads decisions at every start."""
    address = json.loads((home.path / "run/console.json").read_text())["address"]
    with urllib.request.urlopen(f"{address}/sign-in", timeout=30) as page:
        assert page.status == 200
    processes = json.loads(home.tollgate("status", "--json"))["processes"]
    restarts = {each["name"]: each["restarts"] for each in processes if each["name"] in ("console", "desk")}
    assert restarts == {"console": 0, "desk": 0}
    for name in restarts:
        said = (home.path / f"logs/{name}.log").read_text()
        assert "uthorization failed" not in said
        assert "could not" not in said


def _nobody_does_anothers_work(home: SecuredHome) -> None:
    """A payment service that is taken over cannot publish, and an analyst cannot send."""
    refused = home.tollgate(
        "lists", "add", "blocked_bins", "422222", "--author", "x", "--reason", "x",
        role="payment-service", code=1,
    )  # fmt: skip
    assert "Traceback" not in refused
    assert "there is no topic live." in refused or "Kafka refuses this principal" in refused
    refused = home.tollgate("simulate", "--count", "1", role="analyst", code=1)
    assert "Traceback" not in refused
    assert "uthorization failed" in refused


def _secrets_stay_where_they_are(home: SecuredHome) -> None:
    files = (home.path / "kafka/security/clients").glob("*.properties")
    lines = [line for path in files for line in path.read_text().splitlines()]
    passwords = [line.partition("=")[2] for line in lines if line.startswith("sasl.password=")]
    assert passwords
    places = [*(home.path / "logs").glob("*"), *(home.path / "run").rglob("*.json")]
    texts = [path.read_text(errors="replace") for path in places if path.is_file()]
    assert not [password for password in passwords for text in texts if password in text]
