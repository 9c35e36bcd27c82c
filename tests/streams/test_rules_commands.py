"""`tollgate rules` and `tollgate lists` against a log that is kept in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.messages.control import Change, Control, ListChange, RulesetChange
from models.versions import content_version
from streams import cli
from streams.control_plane.controls import LoggedControl

RULES = """\
name: shop
rules:
  - id: big
    description: Large amounts
    owner: fraud
    when: amount > {limit}
    score: 40
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[LoggedControl]:
    """What lies on `live.controls`."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    kept: list[LoggedControl] = []

    def publish(
        _: str, engine: str, changes: list[Change], author: str, reason: str, *_keys: object
    ) -> list[int]:
        assert engine == "live"
        first = len(kept)
        for change in changes:
            control = Control(f"c{len(kept)}", 0, author, change, reason)
            kept.append(LoggedControl(len(kept), 1_767_225_600_000 + len(kept), control))
        return list(range(first, len(kept)))

    def logged(_: str, __: str, with_refused: bool = False) -> Iterator[LoggedControl]:
        return (one for one in kept if with_refused or one.refused is None)

    for door in ("streams.control_plane", "streams.control_plane.controls"):
        monkeypatch.setattr(f"{door}.publish", publish)
    monkeypatch.setattr("streams.control_plane.controls.read_back", lambda _b, _e, offset: kept[offset])
    monkeypatch.setattr("streams.control_plane.ruleset_history.logged", logged)
    monkeypatch.setattr("streams.control_plane.list_log.logged", logged)
    return kept


def tollgate(*arguments: object) -> int:
    """Exit code of the command."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def ruleset(folder: Path, limit: object, name: str = "rules.yaml") -> Path:
    path = folder / name
    path.write_text(RULES.format(limit=limit), encoding="utf-8")
    return path


WHO = ("--author", "ana", "--reason", "seen in an attack")


def versions(log: list[LoggedControl]) -> list[str]:
    changes = [found.control.change for found in log]
    return [content_version(change.ruleset) for change in changes if isinstance(change, RulesetChange)]


def test_check_names_file_line_and_column_and_publishes_nothing(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ruleset(tmp_path, "amont")
    assert tollgate("rules", "check", path) == 1
    assert f"{path}:6:20: " in (said := capsys.readouterr().err)
    assert "amount" in said
    assert tollgate("rules", "check", ruleset(tmp_path, 5)) == 0
    out = capsys.readouterr().out
    assert "can go live" in out
    assert "cost: 2 of 20,000 steps, " in out
    assert log == []


def test_publish_prints_version_and_place_of_what_is_on_the_log(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tollgate("rules", "publish", ruleset(tmp_path, 5), *WHO) == 0
    (version,) = versions(log)
    assert (
        f"ruleset {version} is live on live, effective from offset 0 of live.controls"
        in capsys.readouterr().out
    )
    assert (log[0].control.author, log[0].control.reason) == ("ana", "seen in an attack")


def test_what_does_not_compile_never_reaches_the_log(log: list[LoggedControl], tmp_path: Path) -> None:
    assert tollgate("rules", "publish", ruleset(tmp_path, "nonsense"), *WHO) == 1
    assert tollgate("publish", "--author", "ana", "ruleset", ruleset(tmp_path, "nonsense")) == 1
    assert log == []


def test_what_is_live_already_is_refused(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ruleset(tmp_path, 5)
    assert tollgate("rules", "publish", path, *WHO) == 0
    assert tollgate("rules", "publish", path, *WHO) == 1
    assert "is live on live already, since offset 0" in capsys.readouterr().err
    assert len(log) == 1


def test_rollback_takes_the_one_before_and_again_the_one_after(
    log: list[LoggedControl], tmp_path: Path
) -> None:
    for limit in (1, 2, 3):
        tollgate("rules", "publish", ruleset(tmp_path, limit), *WHO)
    first, second, third = versions(log)
    assert tollgate("rules", "rollback", *WHO) == 0
    assert versions(log)[-1] == second
    assert tollgate("rules", "rollback", *WHO) == 0
    assert versions(log)[-1] == third
    assert tollgate("rules", "rollback", "--to", first[:6], *WHO) == 0
    assert versions(log) == [first, second, third, second, third, first]


def test_rollback_without_a_former_ruleset_is_refused(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tollgate("rules", "publish", ruleset(tmp_path, 1), *WHO)
    assert tollgate("rules", "rollback", *WHO) == 1
    assert "nothing to roll back to" in capsys.readouterr().err
    assert tollgate("rules", "rollback", "--to", "ffff", *WHO) == 1
    assert "by its first digits" in capsys.readouterr().err
    assert len(log) == 1


def test_a_ruleset_that_the_engine_refused_is_neither_live_nor_rolled_back_to(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tollgate("rules", "publish", ruleset(tmp_path, 1), *WHO)
    broken = RulesetChange({"name": "broken", "rules": [{"id": "x"}]})
    log.append(LoggedControl(1, 1_767_225_600_001, Control("c1", 0, "mallory", broken)))
    assert tollgate("rules", "publish", ruleset(tmp_path, 1), *WHO) == 1
    assert tollgate("rules", "rollback", *WHO) == 1
    capsys.readouterr()
    tollgate("rules", "history")
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert "live: seen in an attack" in first
    assert "mallory" in second
    assert "REFUSED" in second


def test_history_says_where_when_who_why_and_what(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tollgate("rules", "publish", ruleset(tmp_path, 1), *WHO)
    capsys.readouterr()
    tollgate("rules", "history")
    row = capsys.readouterr().out.splitlines()[1].split(maxsplit=6)
    version = versions(log)[0]
    assert row == ["0", "2026-01-01", "00:00:00", version, "1", "shop", "ana     live: seen in an attack"]
    tollgate("rules", "history", "--show", version)
    assert "when: amount > 1" in capsys.readouterr().out


def test_diff_compares_files_versions_and_what_is_live(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tollgate("rules", "publish", ruleset(tmp_path, 1), *WHO)
    capsys.readouterr()
    changed = "~ rule big: when: amount > 1 -> amount > 2\n"
    for names in (
        [ruleset(tmp_path, 2)],
        ["live", ruleset(tmp_path, 2)],
        [versions(log)[0], ruleset(tmp_path, 2)],
    ):
        assert tollgate("rules", "diff", *names) == 0
        assert capsys.readouterr().out == changed
    tollgate("rules", "diff", ruleset(tmp_path, 1))
    assert capsys.readouterr().out == "no difference\n"


def test_an_entry_is_checked_before_it_reaches_the_log(
    log: list[LoggedControl], capsys: pytest.CaptureFixture[str]
) -> None:
    refused = [
        (("blocked_bins", "4111"), "not a BIN"),
        (("Blocked", "x"), "not a list's name"),
        (("blocked_cards", "4111111111111111"), "card number"),
        (("blocked_emails", "ana@example.com"), "use its token"),
        (("blocked_ips", "2001:DB8::1"), "written 2001:db8::1"),
        (("blocked_cards", "tok_1", "--expires-at", "2020-01-01"), "not in the future"),
        (("blocked_cards", "tok_1", "--expires-at", "soon"), "is no time"),
    ]
    for arguments, reason in refused:
        assert tollgate("lists", "add", *arguments, *WHO) == 1
        assert reason in (said := capsys.readouterr().err)
        assert "4111111111111111" not in said
    assert log == []


def test_entries_are_shown_with_expiry_author_and_reason(
    log: list[LoggedControl], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tollgate("lists", "add", "blocked_bins", "411111", "--hours", 1, *WHO) == 0
    assert tollgate("lists", "add", "trusted_customers", "c1", *WHO) == 0
    assert tollgate("lists", "add", "trusted_customers", "c2", *WHO) == 0
    assert tollgate("lists", "remove", "trusted_customers", "c2", *WHO) == 0
    assert tollgate("lists", "remove", "trusted_customers", "c2", *WHO) == 1
    capsys.readouterr()
    tollgate("lists", "show")
    assert capsys.readouterr().out.split() == [
        "list",
        "entries",
        "blocked_bins",
        "1",
        "trusted_customers",
        "1",
    ]
    tollgate("lists", "show", "trusted_customers")
    (row,) = capsys.readouterr().out.splitlines()[1:]
    assert row.split(maxsplit=4) == [
        "trusted_customers", "c1", "never", "2026-01-01T00:00:00.001", "ana     seen in an attack",
    ]  # fmt: skip
    change = log[0].control.change
    assert isinstance(change, ListChange)
    assert (change.purpose, change.expires_at is not None) == ("block", True)
    tollgate("lists", "history", "trusted_customers")
    assert [row.split()[2] for row in capsys.readouterr().out.splitlines()[1:]] == ["+", "+", "-"]


def test_who_signed_a_list_change_is_named_before_whom_it_was_for(
    log: list[LoggedControl], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ListChange("trusted_customers", "c1", author="mallory", reason="please")
    log.append(LoggedControl(0, 1_767_225_600_000, Control("c", 0, "ana", asked, ""), ("ana",)))
    tollgate("lists", "show", "trusted_customers")
    tollgate("lists", "history", "trusted_customers")
    out = capsys.readouterr().out
    assert out.count("ana (for mallory)") == 2
    assert out.count("please") == 2


def test_what_is_exported_can_be_imported(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "entries.csv"
    path.write_text(
        'value,list,reason,author,expires_at\n"#1",watched_devices,"odd, very",bob,2999-01-01\n'
        "411111,blocked_bins,,,\n",
        encoding="utf-8",
    )
    assert tollgate("lists", "import", path, *WHO) == 0
    assert [found.control.author for found in log] == ["ana", "ana"]
    out = tmp_path / "out.csv"
    assert tollgate("lists", "export", "--out", out) == 0
    assert out.read_text().splitlines()[1:] == [
        '"411111","blocked_bins","seen in an attack","ana",""',
        '"#1","watched_devices","odd, very","bob","2999-01-01T00:00:00+00:00"',
    ]
    assert tollgate("lists", "import", out, "--check", *WHO) == 0
    assert "2 entries, each can be imported" in capsys.readouterr().out


def test_a_file_with_a_mistake_imports_nothing_and_names_every_line(
    log: list[LoggedControl], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "entries.csv"
    path.write_text(
        "value,list,expires_at\n411111,blocked_bins,\n41,blocked_bins,\n411111,blocked_bins,\n"
        "tok,Cards,\ntok,cards,2020-01-01\ntok,cards\n"
    )
    assert tollgate("lists", "import", path, *WHO) == 1
    said = capsys.readouterr().err
    assert "nothing was imported" in said
    for line in (
        "3: '41' is not a BIN",
        "4: '411111' is on",
        "5: 'Cards' is not",
        "6: expires_at",
        "7: 2 cells",
    ):
        assert f"{path}:{line}" in said
    assert log == []
