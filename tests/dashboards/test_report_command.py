"""`tollgate report` and `tollgate meters`: what they write, mail and refuse."""

import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs

from dashboards.commands import COMMANDS, meters
from dashboards.commands import report as report_command
from dashboards.fraud_report import send
from dashboards.report_rows import ActivityRead, read_programmes, report_judges
from dashboards.report_rows.judges import NO_COSTS
from dashboards.report_rows.reporting import _entity
from models.decided_payments import approved_below
from models.messages import Change, PolicyChange, RulesetChange
from models.meters import (
    MeterCondition,
    MeterReading,
    MeterWindow,
    Programmes,
    SettledCells,
    date_of,
    month_of,
)
from models.meters.programmes import SHIPPED
from models.seed import seed_policy
from streams.errors import Misconfigured, Outage
from streams.settings import Settings
from tests.dashboards.report_scene import DAY, RULESET, report, source
from tests.models.simulated_quarter import RATES


class MailServer(socketserver.BaseRequestHandler):
    """Takes a mail as RFC 5321 says, without TLS."""

    def handle(self) -> None:
        stream = self.request.makefile("rwb")
        self._say(stream, b"220 test")
        while line := stream.readline():
            verb = line.split()[0].upper()
            if verb == b"EHLO":
                self._say(stream, b"250 test")
            elif verb == b"DATA":
                self._say(stream, b"354 go on")
                self.server.mails.append(b"".join(iter(stream.readline, b".\r\n")))  # type: ignore[attr-defined]
                self._say(stream, b"250 taken")
            elif verb == b"RCPT" and b"nobody" in line:
                self._say(stream, b"550 unknown")
            elif verb == b"RCPT" and b"later" in line:
                self._say(stream, b"450 not now")
            else:
                self._say(stream, b"221 bye" if verb == b"QUIT" else b"250 fine")

    @staticmethod
    def _say(stream, words: bytes) -> None:  # type: ignore[no-untyped-def]
        stream.write(words + b"\r\n")
        stream.flush()


@pytest.fixture
def mail_server() -> Iterator[socketserver.TCPServer]:
    with socketserver.TCPServer(("127.0.0.1", 0), MailServer) as server:
        server.mails = []  # type: ignore[attr-defined]
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def settings(home: Path, **values: str) -> Settings:
    return Settings(home=home, **values)


def mailing(port: int, **values: str) -> dict[str, str]:
    return {"mail_server": f"smtp+plain://localhost:{port}", "report_from": "t@example.com",
            "report_to": "a@example.com, b@example.com"} | values  # fmt: skip


def test_a_report_is_a_page_a_mail_and_where_asked_for_json(tmp_path: Path) -> None:
    done = report_command.write_report(report(), source(), tmp_path / "r", settings(tmp_path), as_json=True)
    day = report().day
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [
        f"{day}.eml",
        f"{day}.html",
        f"{day}.json",
    ]
    assert done[1:] == [str(tmp_path / "r" / f"{day}.{ending}") for ending in ("html", "eml", "json")]
    read = json.loads((tmp_path / "r" / f"{day}.json").read_text())
    assert read["value"]["realised"]["total"] == report().value.realised.total
    assert len(read["meters"]) == len(report().meters)


def test_a_report_is_mailed_to_everybody_named(tmp_path: Path, mail_server: socketserver.TCPServer) -> None:
    mail = settings(tmp_path, **mailing(mail_server.server_address[1]))
    done = report_command.write_report(report(), source(), tmp_path, mail, send=True)
    assert done[-1] == "mailed to a@example.com, b@example.com"
    (taken,) = mail_server.mails  # type: ignore[attr-defined]
    assert message_from_bytes(taken)["Subject"].startswith("Fraud report")


def test_a_server_that_refuses_an_address_or_has_no_tls_is_a_mistake_of_ours(
    tmp_path: Path, mail_server: socketserver.TCPServer
) -> None:
    port = mail_server.server_address[1]
    nobody = settings(tmp_path, **mailing(port, report_to="nobody@example.com"))
    with pytest.raises(Misconfigured, match="refuses the report"):
        report_command.write_report(report(), source(), tmp_path, nobody, send=True)
    tls = settings(tmp_path, **mailing(port, mail_server=f"smtp://localhost:{port}"))
    with pytest.raises(Misconfigured, match="STARTTLS"):
        report_command.write_report(report(), source(), tmp_path, tls, send=True)
    assert mail_server.mails == []  # type: ignore[attr-defined]


def test_a_mail_that_not_everybody_gets_is_an_error_that_names_them(
    tmp_path: Path, mail_server: socketserver.TCPServer
) -> None:
    port = mail_server.server_address[1]
    some = settings(tmp_path, **mailing(port, report_to="a@example.com, nobody@example.com"))
    with pytest.raises(Misconfigured, match=r"refuses the report for nobody@example\.com: 550 unknown"):
        report_command.write_report(report(), source(), tmp_path, some, send=True)
    assert len(mail_server.mails) == 1  # type: ignore[attr-defined]
    later = settings(tmp_path, **mailing(port, report_to="later@example.com"))
    with pytest.raises(Outage, match=r"refuses the report for later@example\.com: 450 not now"):
        report_command.write_report(report(), source(), tmp_path, later, send=True)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_certificates_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Misconfigured, match=r"TOLLGATE_MAIL_CA_FILE .*ca\.pem cannot be read"):
        send(None, "smtp://localhost", ca_file=str(file))  # type: ignore[arg-type]


def test_a_server_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), MailServer) as closed:
        port = closed.server_address[1]
    with pytest.raises(Outage, match="does not answer"):
        report_command.write_report(
            report(), source(), tmp_path, settings(tmp_path, **mailing(port)), send=True
        )


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("", "TOLLGATE_MAIL_SERVER must be"),
        ("mail.example.com", "TOLLGATE_MAIL_SERVER must be"),
        ("smtp://mail.example.com:submission", "TOLLGATE_MAIL_SERVER must be"),
        ("smtp://[::1", "TOLLGATE_MAIL_SERVER must be"),
        ("smtp://u:secret@mail.example.com", "TOLLGATE_MAIL_PASSWORD_FILE, not in the URL"),
        ("smtp://u@mail.example.com", "needs TOLLGATE_MAIL_PASSWORD_FILE"),
        ("smtp+plain://mail.example.com", "for a relay on this machine"),
    ],
)
def test_an_address_of_a_mail_server_that_cannot_be_used_is_refused(server: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        send(None, server)  # type: ignore[arg-type]


def test_nothing_is_mailed_without_server_sender_and_recipients(tmp_path: Path) -> None:
    with pytest.raises(
        Misconfigured, match="TOLLGATE_MAIL_SERVER, TOLLGATE_REPORT_FROM and TOLLGATE_REPORT_TO"
    ):
        report_command.write_report(report(), source(), tmp_path, settings(tmp_path), send=True)
    with pytest.raises(Misconfigured, match="is not an e-mail address"):
        report_command.write_report(report(), source(), tmp_path, settings(tmp_path, report_to="x"))


def test_a_schedule_takes_each_days_own_and_no_report_is_of_a_day_that_is_not_over() -> None:
    done = CliRunner().invoke(report_command.command, ["--schedule", "--day", "2026-06-01"])
    assert (done.exit_code, "--day is for one report" in done.output) == (2, True)
    young = CliRunner().invoke(report_command.command, ["--day", f"{datetime.now(UTC):%Y-%m-%d}"])
    assert (young.exit_code, "is not over" in young.output) == (2, True)
    wrong = CliRunner().invoke(meters.command, ["--month", "June"])
    assert (wrong.exit_code, "not a month such as 2026-06" in wrong.output) == (2, True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"TO": ""}, "set TOLLGATE_MAIL_SERVER, TOLLGATE_REPORT_FROM"),
        ({"TO": "nobody"}, "is not an e-mail address"),
        ({"SERVER": "mail.example.com"}, "TOLLGATE_MAIL_SERVER must be"),
        ({"SERVER": "smtp://me@localhost"}, "needs TOLLGATE_MAIL_PASSWORD_FILE"),
        ({"SERVER": "smtp://me@localhost", "PASSWORD": "/none"}, "/none cannot be read"),
    ],
)
def test_a_schedule_that_cannot_mail_does_not_begin(
    values: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"TO": "a@example.com", "SERVER": "smtp://localhost", "PASSWORD": ""} | values
    names = {"TO": "REPORT_TO", "SERVER": "MAIL_SERVER", "PASSWORD": "MAIL_PASSWORD_FILE"}
    env = {f"TOLLGATE_{names[key]}": value for key, value in given.items()}
    begun: list[object] = []
    monkeypatch.setattr("learning.retraining.keep_running", lambda *arguments: begun.append(arguments))
    done = CliRunner().invoke(
        report_command.command, ["--schedule", "--send"],
        env=env | {"TOLLGATE_REPORT_FROM": "t@example.com", "TOLLGATE_HOME": str(tmp_path)},
    )  # fmt: skip
    assert begun == []
    assert isinstance(done.exception, Misconfigured)
    assert words in str(done.exception)


def test_commands_are_found_by_the_one_command() -> None:
    from streams.cli import commands

    assert COMMANDS.items() <= commands().items()


# ---- meters ----


def test_meters_are_shown_the_nearest_first_and_as_json() -> None:
    readings, _ = source().meters(MeterWindow(month_of(date_of(DAY)), DAY))
    shown = meters.table(readings)
    assert "Visa VAMP, acquirer" in shown
    assert meters.table([]) == "nothing was reported in this month"
    document = json.loads(json.dumps(meters.document(readings, ["a note"])))
    assert len(document["readings"]) == len(readings)
    assert {row["status"] for row in document["readings"]} <= {"within", "close", "heading", "reached"}
    assert document["notes"] == ["a note"]


@pytest.mark.parametrize(("bound", "code"), [(1, 3), (10**9, 0)])
def test_a_level_that_is_reached_has_an_exit_code_of_its_own(
    bound: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 is that of a wrong option: a monitor must tell them apart."""
    (reading, *_), _ = source().meters(MeterWindow(month_of(date_of(DAY)), DAY))
    held = (MeterCondition("events", 9, bound),)
    reading = structs.replace(reading, conditions=held, projected=held)

    class Source:
        def meters(self, _: MeterWindow) -> tuple[list[MeterReading], tuple[str, ...]]:
            return [reading], ()

    monkeypatch.setattr("dashboards.report_rows.report_source", lambda *_, **__: Source())
    env = {"TOLLGATE_HOME": str(tmp_path)}
    assert CliRunner().invoke(meters.command, ["--check"], env=env).exit_code == code
    assert CliRunner().invoke(meters.command, [], env=env).exit_code == 0
    assert CliRunner().invoke(meters.command, ["--chek"], env=env).exit_code == 2


def test_meters_say_what_they_could_not_count() -> None:
    whole = source()

    def activity(since_ms: int, as_of_ms: int) -> ActivityRead:
        read = whole.activity(since_ms, as_of_ms)
        nothing = SettledCells(*(column[:0] for column in vars(read.activity.settled).values()))
        return replace(read, activity=replace(read.activity, settled=nothing), notes=("a note",))

    readings, notes = replace(whole, activity=activity).meters(MeterWindow(month_of(date_of(DAY)), DAY))
    assert readings
    assert notes[0] == "a note"
    assert any("no payments to divide by" in note for note in notes)


def test_the_programmes_that_ship_can_be_printed_and_read_again(tmp_path: Path) -> None:
    shown = CliRunner().invoke(meters.command, ["--show-programmes"])
    assert Programmes.from_bytes(shown.output.encode()) == SHIPPED
    (tmp_path / "own.toml").write_text(shown.output, encoding="utf-8")
    assert read_programmes(str(tmp_path / "own.toml")) == read_programmes("") == SHIPPED
    (tmp_path / "bad.toml").write_text("version = 3", encoding="utf-8")
    for name, words in (("bad.toml", "bad.toml: programmes:"), ("none.toml", "cannot be read")):
        with pytest.raises(Misconfigured, match=words):
            read_programmes(str(tmp_path / name))


@pytest.mark.parametrize("words", ["Acme", ":IE", "Acme:ie", "Acme:IRL"])
def test_a_legal_entity_needs_its_country(words: str) -> None:
    with pytest.raises(Misconfigured, match="the country of its seat"):
        _entity(words)
    assert _entity("Acme: Payments:IE") == ("Acme: Payments", "IE")
    assert _entity("") == (None, None)


# ---- what judged ----

BY_COST = {"name": "c", "version": 2, "party": "merchant", "costs": {"merchant": {"margin_bp": 3_000}}}


def test_costs_are_those_of_the_newest_policy_by_cost() -> None:
    found = report_judges([PolicyChange(BY_COST), RulesetChange(RULESET)], RATES)
    assert (found.party_costs.margin_bp, found.notes) == (3_000, ())
    assert found.costs(["m"])["margin_bp"].tolist() == [3_000]
    thresholds = report_judges([PolicyChange(BY_COST), PolicyChange(seed_policy())], RATES, ["rates"])
    assert (thresholds.party_costs.margin_bp, thresholds.notes) == (1_500, ("rates", NO_COSTS))


def test_segments_of_the_newest_ruleset_replace_costs_by_merchant() -> None:
    segments = [{"parameters": {"margin_bp": 9_000}, "merchant": "lux"}, {"parameters": {"margin_fixed": 7}}]
    changes: list[Change] = [PolicyChange(BY_COST), RulesetChange(RULESET)]
    changes.append(RulesetChange(RULESET | {"segments": segments}))
    found = report_judges(changes, RATES)
    columns = found.costs(["lux", "m", "lux"])
    assert columns["margin_bp"].tolist() == [9_000, 3_000, 9_000]
    assert columns["margin_fixed"].tolist() == [7, 7, 7]
    assert found.approved_below == approved_below(found.costs(["m", "lux"]))
    stern = [{"parameters": {"margin_bp": 100}, "group": "lux"}]
    changes.append(RulesetChange(RULESET | {"groups": {"lux": ["a"]}, "segments": stern}))
    assert 0 <= report_judges(changes, RATES).approved_below < found.approved_below / 10
    assert len(found.actions) == 2


def test_rules_are_known_by_the_version_of_their_ruleset_and_what_was_refused_is_passed_over() -> None:
    found = report_judges(
        [RulesetChange(RULESET), RulesetChange({"name": "broken"}), PolicyChange({"version": 9})], RATES
    )
    ((version, actions),) = found.actions.items()
    assert len(version) == 16
    assert actions["odd_hour"] == {"block"}
    assert found.ruleset is not None
    assert found.ruleset.version == version
