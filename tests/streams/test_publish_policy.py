"""`tollgate publish review-load | tra-band`: a band that was not signed with the key goes nowhere."""

from pathlib import Path

import pytest

from models.messages.control import Change, ReviewLoad, TraBand
from models.sca.tra_bands import sign
from streams import cli

KEY = b"a key only for tests"
BAND = ("acme", "2026-Q4", "250")
Published = list[Change]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Published:
    """What would have gone onto the log, kept here instead."""
    (tmp_path / "key").write_bytes(KEY + b"\n")
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLLGATE_TRA_KEY_FILE", str(tmp_path / "key"))
    sent: Published = []
    monkeypatch.setattr(
        "streams.commands.publish.policy.publish_change", lambda _author, change: sent.append(change)
    )
    return sent


def publish(*arguments: str) -> int:
    """Exit code of the command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["publish", "--author", "ana", *arguments])
    return int(ended.value.code or 0)


def test_a_signed_band_is_published(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish("sign-tra-band", *BAND) == 0
    signature = capsys.readouterr().out.strip()
    assert publish("tra-band", *BAND, "--signature", signature) == 0
    assert published == [TraBand("acme", "2026-Q4", 250, sign("acme", "2026-Q4", 250, KEY))]


@pytest.mark.parametrize(
    ("entity", "quarter", "band", "words"),
    [
        ("acme", "2026-Q4", "500", "not signed"),
        ("acme", "2027-Q1", "250", "not signed"),
        ("acme", "2026-Q5", "250", "quarter"),
    ],
)
def test_another_band_than_the_signed_one_is_refused(
    published: Published, capsys: pytest.CaptureFixture[str], entity: str, quarter: str, band: str, words: str
) -> None:
    signature = sign("acme", "2026-Q4", 250, KEY)
    assert publish("tra-band", entity, quarter, band, "--signature", signature) == 1
    assert words in capsys.readouterr().err
    assert published == []


def test_without_a_key_nothing_is_published(
    published: Published, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOLLGATE_TRA_KEY_FILE")
    assert publish("tra-band", *BAND, "--signature", sign("acme", "2026-Q4", 250, KEY)) == 1
    assert "TOLLGATE_TRA_KEY_FILE" in capsys.readouterr().err
    assert published == []


def test_the_queue_is_reported(published: Published) -> None:
    assert publish("review-load", "37", "24") == 0
    (load,) = published
    assert isinstance(load, ReviewLoad)
    assert (load.waiting, load.capacity_per_hour) == (37, 24)
