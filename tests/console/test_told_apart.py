"""Payments of one device are told apart by their cards and ids, for those who may see them."""

from typing import Any

import pytest

from dashboards.console.pages.payment import payment_address
from dashboards.console.pages.payment.told_apart import cut_ids, cut_tokens
from dashboards.console.pages.payments import PAGE
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from tests.console.payment_rows import AT, DECISION, EVENT, LINKED, rows
from tests.console.scene import Scene

CARDS = {f"pay_2026_06_14_000000000{n}_eu": f"tok_visa_{n}_000000004242" for n in (1, 2)}


def scene(role: Role) -> Scene:
    """A device by which two cards paid."""
    made = Scene([role], shown=[PAGE])
    events = [
        EVENT | {"event": "decision", "what": "decline", "payment_id": each, "at": AT} for each in CARDS
    ]
    made.warehouse.answers |= {
        "payment/decisions": rows(DECISION),
        "payment/timeline": rows(*events),
        "payment/linked": rows(*(LINKED | {"payment_id": each} for each in CARDS)),
        "payment/cards": Rows(
            ("merchant_account", "payment_id", "card"), [("acme", *each) for each in CARDS.items()]
        ),
    }
    return made


def shown(role: Role, part: str) -> str:
    address = payment_address("acme", "order-1", part) + ("&entity=device" if part == "timeline" else "")
    answer = scene(role).client.get(address)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("part", ["timeline", "linked"])
def test_cards_of_a_device_are_named_so_that_different_ones_differ(part: str) -> None:
    text = shown(Role.ANALYST, part)
    for token in CARDS.values():
        assert token in text
    assert "…1_000000004242" in text
    assert "…2_000000004242" in text


@pytest.mark.parametrize("part", ["timeline", "linked"])
def test_who_may_not_see_tokens_sees_last_characters_and_which_differ(part: str) -> None:
    text = shown(Role.VIEWER, part)
    assert not [token for token in CARDS.values() if token in text or token[-8:] in text]
    assert "…4242 (2)" in text


def test_cards_are_asked_for_once_and_not_where_there_is_one_alone() -> None:
    made = scene(Role.ANALYST)
    made.client.get(payment_address("acme", "order-1", "timeline") + "&entity=device")
    made.client.get(payment_address("acme", "order-1", "timeline") + "&entity=card")
    made.client.get(payment_address("acme", "order-1", "timeline"))
    asked: list[Any] = [parameters for name, parameters, _ in made.warehouse.asked_for if "cards" in name]
    assert len(asked) == 1
    assert sorted(asked[0]["payment_ids"]) == sorted(CARDS)


def test_long_ids_that_begin_and_end_alike_differ_when_cut() -> None:
    ids = [f"pay_2026_{n:04}_0000000000000000_shop" for n in range(200)]
    assert len(set(cut_ids(ids).values())) == 200
    assert cut_ids([]) == {}
    assert len(set(cut_tokens([*ids, ids[0]], is_shown=True).values())) == 200
