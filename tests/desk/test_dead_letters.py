"""Refused messages are fixed, sent again or dropped: each once, none lost."""

import hashlib
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest

from desk.audit import AuditFilter, AuditTrail
from desk.database import DeskDatabase
from desk.dead_letters import LETTERS_MAX, DeadLetterRefused, DeadLetters, RefusedMessage, shown_bytes
from desk.people import Person, Role
from models.messages import Merchant, Method, MethodKind, Payment, encode

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ADMIN = Person(uuid4(), "avery", frozenset({Role.ADMIN}), None)
GOOD = encode(
    Payment("acme", "p1", 1_790_000_000_000, 1_000, "EUR", Method(MethodKind.CARD, "tok"), Merchant("m1"))
)


def letter(
    offset: int, payload: bytes | None = GOOD, topic: str = "live.payments", **more: Any
) -> RefusedMessage:
    digest = hashlib.sha256(payload or b"").hexdigest()
    return RefusedMessage(
        topic, 0, offset, "unknown_currency", digest, payload, more.pop("masked", False), **more
    )


@pytest.fixture
def letters(desk_database: DeskDatabase) -> DeadLetters:
    return DeadLetters(desk_database, AuditTrail(lambda: NOW), lambda: NOW, "live")


def outbox(database: DeskDatabase) -> list[tuple[str, bytes, str]]:
    with database.transaction() as connection:
        rows = connection.execute("SELECT topic, value, subject FROM outbox ORDER BY place").fetchall()
    return [(row["topic"], bytes(row["value"]), row["subject"]) for row in rows]


def test_what_is_sent_again_has_the_same_bytes_and_waits_in_the_outbox(
    letters: DeadLetters, desk_database: DeskDatabase
) -> None:
    assert letters.reinsert(ADMIN, [letter(7), letter(8)], "rates are there now") == 2
    assert outbox(desk_database) == [
        ("payments", GOOD, "dead_letter:live.payments/0/7"),
        ("payments", GOOD, "dead_letter:live.payments/0/8"),
    ]
    found = letters.acted_on([("live.payments", 0, 7), ("live.payments", 0, 9)])
    assert [(row["policy"], row["state"], row["acted_by_name"]) for row in found.values()] == [
        ("reinsert", "waiting", "avery")
    ]
    assert letters.counts() == {"unknown_currency": 2}


def test_nothing_is_done_twice_by_whom_ever(letters: DeadLetters, desk_database: DeskDatabase) -> None:
    start, done = Barrier(4), list[int]()

    def act(number: int) -> None:
        start.wait()
        what = letters.drop if number % 2 else letters.reinsert
        done.append(what(ADMIN, [letter(7), letter(8)], "clear up"))

    threads = [Thread(target=act, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 2
    assert len(outbox(desk_database)) in (0, 2)
    assert len(letters.newest()) == 2


def test_a_mended_text_is_sent_in_its_place(letters: DeadLetters, desk_database: DeskDatabase) -> None:
    broken = letter(7, GOOD.replace(b'"EUR"', b'"EURO"'))
    with pytest.raises(DeadLetterRefused, match="refuse it again"):
        letters.reinsert(ADMIN, [broken], "again")
    with pytest.raises(DeadLetterRefused, match="refuse it again"):
        letters.fix(ADMIN, broken, "{", "mended")
    assert letters.fix(ADMIN, broken, GOOD.decode(), "the code had a letter too many") == 1
    assert [value for _, value, _ in outbox(desk_database)] == [GOOD]
    assert letters.fix(ADMIN, broken, GOOD.decode(), "again") == 0


def test_what_is_dropped_is_kept_as_dropped_and_nothing_is_sent(
    letters: DeadLetters, desk_database: DeskDatabase
) -> None:
    assert letters.drop(ADMIN, [letter(7, None)], "a test of the sender") == 1
    assert outbox(desk_database) == []
    (row,) = letters.newest()
    assert (row["policy"], row["why"], row["state"]) == ("drop", "a test of the sender", None)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (letter(7, topic="live.controls"), "published anew"),
        (letter(7, None), "too many to be kept"),
        (letter(7, masked=True), "card number"),
        (letter(7, b'{"type":"label"}'), "refuse it again"),
        (letter(7, GOOD, "live.labels"), "carries label"),
        (
            RefusedMessage("live.payments", 0, 7, "stale", "0" * 64, GOOD, False),
            "not those that were refused",
        ),
    ],
)
def test_what_cannot_be_sent_again_says_why_and_nothing_is_done(
    letters: DeadLetters, desk_database: DeskDatabase, one: RefusedMessage, why: str
) -> None:
    with pytest.raises(DeadLetterRefused, match=why):
        letters.reinsert(ADMIN, [letter(6), one], "again")
    assert outbox(desk_database) == []
    assert letters.newest() == []


def test_an_act_has_a_reason_and_a_bound(letters: DeadLetters) -> None:
    with pytest.raises(DeadLetterRefused, match="say why"):
        letters.drop(ADMIN, [letter(1)], " ")
    with pytest.raises(DeadLetterRefused, match="at a time"):
        letters.drop(ADMIN, [letter(number) for number in range(LETTERS_MAX + 1)], "all")


def test_each_act_is_in_the_audit_trail(letters: DeadLetters, desk_database: DeskDatabase) -> None:
    letters.reinsert(ADMIN, [letter(7)], "rates are there now")
    with desk_database.transaction() as connection:
        (entry,) = AuditTrail(lambda: NOW).entries(connection, AuditFilter())
    assert (entry.action, entry.name) == ("dead_letter_reinsert", "avery")
    assert entry.detail["places"] == ["live.payments/0/7"]


def test_bytes_are_shown_as_they_are_and_do_nothing() -> None:
    assert shown_bytes(b"\xff\x1b[31m") == "\\xff\\x1b[31m"
    assert shown_bytes("\u202egpj.exe\u200b".encode()) == "\\u202egpj.exe\\u200b"
    assert len(shown_bytes(b"a" * 100_000)) == 8_000
