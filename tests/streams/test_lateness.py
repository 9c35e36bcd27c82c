"""How late payments reach an engine is read past what is no journal entry."""

from typing import NamedTuple

import msgspec
import pytest

from streams.platform import lateness


class Written(NamedTuple):
    """A record of the journal."""

    content: bytes

    def topic(self) -> str:
        return "live.journal"

    def offset(self) -> int:
        return 7

    def value(self) -> bytes:
        return self.content


def entry(payments: int, late: int) -> Written:
    numbers = dict.fromkeys(
        ("number", "engine_time", "decisions", "duplicates", "dead_letters", "sequence", "horizon_ms",
         "keys_max"), 1,
    )  # fmt: skip
    words = dict.fromkeys(
        ("engine", "decision_hash", "state_hash", "catalogue", "model", "ruleset", "policy", "scorer", "cpu"),
        "x",
    )
    counted = {"ranges": (), "positions": {}, "payments": payments, "late": late}
    return Written(msgspec.json.encode({"type": "journal"} | numbers | words | counted))


def test_a_foreign_record_does_not_hide_that_payments_are_late(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = [entry(10, 9), Written(b"somebody else's"), entry(10, 8)]
    monkeypatch.setattr(lateness, "backwards", lambda *_: iter(newest))
    found = lateness.lateness("", "live")
    assert found == (20, 17)
    assert found.is_far_behind
