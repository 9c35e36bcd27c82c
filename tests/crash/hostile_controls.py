"""Controls that cannot take effect, some that may, and labels and outcomes of payments that nobody made."""

from typing import Any

from tests.crash.hostile_maker import Maker, dump
from tests.crash.hostile_payments import YEAR_2286


def control(m: Maker, change: object, **changes: Any) -> bytes:
    m.count += 1
    document = {
        "type": "control",
        "id": f"h{m.count}",
        "issued_at": m.now,
        "author": "hostile",
        "change": change,
    }
    return dump(document | changes)


def rule(when: object, **changes: Any) -> dict[str, Any]:
    one = {"id": "r", "description": "d", "owner": "o", "when": when, "score": 1} | changes
    return {"kind": "ruleset", "ruleset": {"name": "hostile", "rules": [one]}}


def control_refused(m: Maker) -> bytes:
    """Changes that cannot take effect on any machine."""
    sha = "0" * 64
    return control(
        m,
        m.draw.choice(
            [
                None,
                1,
                [],
                {},
                {"kind": "nothing"},
                {"kind": "ruleset"},
                {"kind": "ruleset", "ruleset": []},
                {"kind": "ruleset", "ruleset": {}},
                {"kind": "ruleset", "ruleset": {"name": "x", "rules": 1}},
                {"kind": "ruleset", "ruleset": {"name": "x", "rules": [None]}},
                rule("__import__('os').system('true')"),
                rule("amount > "),
                rule("(" * 500 + "amount > 1" + ")" * 500),
                rule("not " * 5_000 + "amount > 1"),
                rule("amount ** 9 ** 9 ** 9 > 1"),
                rule(7),
                rule(None),
                rule("nonsense > 1"),
                rule("amount > 1", score="x"),
                rule("amount > 1", score=10**30),
                rule("amount > 1", id="x" * 100_000),
                rule("amount > " + "9" * 5_000),
                rule("amount == 1" + " or amount == 1" * 20_000),
                rule("amount > 1", id=["a"]),
                rule("amount\x00 > 1"),
                rule("-" * 20_000 + "amount > 1"),
                rule("amount" + "[0]" * 1_000 + " > 1"),
                rule("'a' * 10**9 == 'b'"),
                {"kind": "policy", "policy": {}},
                {"kind": "policy", "policy": {"name": "x", "probability": 1}},
                {
                    "kind": "policy",
                    "policy": {
                        "name": "x",
                        "probability": {"challenge_from": 9, "review_from": 5, "decline_from": 1},
                    },
                },
                {"kind": "model", "sha256": "../../etc/passwd"},
                {"kind": "model", "sha256": sha + "0"},
                {"kind": "table", "table": "no_such_table", "sha256": sha},
                {"kind": "table", "table": "", "sha256": sha},
                {"kind": "list", "list": "", "value": "x"},
                {"kind": "list", "list": "l", "value": "x" * 129},
                {"kind": "list", "list": "l", "value": "x", "expires_at": -1},
                {"kind": "amount_waiver", "currency": "LONG"},
            ]
        ),
    )


def control_harmless(m: Maker) -> bytes:
    """Changes that take effect and touch no good payment."""
    return control(
        m,
        m.draw.choice(
            [
                {
                    "kind": "list",
                    "list": "hostile",
                    "value": f"💳{m.count}",
                    "expires_at": 253_402_300_799_999,
                },
                {"kind": "list", "list": f"hostile-{m.count}", "value": "x", "present": False},
                {"kind": "amount_waiver", "currency": "XTS"},
            ]
        ),
    )


SHARED = {
    "merchant_account": "hostile",
    "payment_id": "never seen",
    "occurred_at": 0,
    "amount": 1,
    "currency": "EUR",
    "tokens": {"method": {"kind": "card", "token": "hostile-t"}, "merchant_id": "hostile-m"},
}


def label(m: Maker) -> bytes:
    return dump(
        SHARED
        | {"type": "label"}
        | m.draw.choice(
            [
                {"label": "fraud", "known_at": YEAR_2286},
                {"label": "fraud", "known_at": 0, "attempt": 2**70, "source": "x" * 10_000},
                {"label": "unknown", "known_at": 1, "currency": "XYZ", "amount": -1},
                {"label": "no such label", "known_at": 1},
                {"label": "legitimate", "known_at": 1, "tokens": None},
            ]
        )
    )


def outcome(m: Maker) -> bytes:
    return dump(
        SHARED
        | {"type": "outcome"}
        | m.draw.choice(
            [
                {"kind": "captured", "at": YEAR_2286, "attempt": -(2**70)},
                {"kind": "declined", "at": 1, "decline_group": "nonsense"},
                {"kind": "refunded", "at": 1, "amount": 2**62, "response_code": "💥"},
                {"kind": "refunded", "at": 1, "currency": "💶💶💶"},
            ]
        )
    )
