"""Payments, and what poses as payments, that nobody should send."""

import gzip
import json
from typing import Any

from tests.crash.hostile_maker import Maker, dump

TOPIC_BYTES_MAX = 1_048_588
"""Kafka's default for a batch of one message, and what that takes beside the value."""
BATCH_OVERHEAD = 200
YEAR_2286 = 9_999_999_999_999
PANS = (
    "4111111111111111",
    "4012888888881881",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
)
"""The test numbers that card schemes publish."""


def not_json(m: Maker) -> bytes:
    value = dump(m.payment())
    return m.draw.choice(
        [
            b"hello",
            b"<payment/>",
            b"{'type': 'payment'}",
            value[: m.draw.randrange(1, len(value) - 1)],
            value + b"}",
            value + value,
            b"\xef\xbb\xbf" + value,
            value.decode().encode("utf-16"),
            gzip.compress(value),
            b"{",
            b"type=payment&amount=1",
            b"\x00" * 50,
            value.replace(b":", b"=", 1),
            b"//\n" + value,
            b'{"type":"payment",}',
        ]
    )


FIELDS = (
    "merchant_account",
    "payment_id",
    "occurred_at",
    "amount",
    "currency",
    "merchant",
    "method",
    "attempt",
    "phase",
    "customer",
    "device_id",
    "ip",
    "channel",
    "authentication",
    "metadata",
)


def wrong_type(m: Maker) -> bytes:
    field = m.draw.choice(FIELDS)
    wrong: list[object] = [
        [],
        [1],
        True,
        [[None]],
        *([{"a": {"b": []}}] if field != "authentication" else []),
    ]
    return dump(m.payment(**{field: m.draw.choice(wrong)}))


def missing(m: Maker) -> bytes:
    document = m.payment()
    del document[
        m.draw.choice(["merchant_account", "payment_id", "occurred_at", "amount", "currency", "method"])
    ]
    return dump(document)


def not_an_object(m: Maker) -> bytes:
    return m.draw.choice(
        [b"[]", b"null", b"true", b"7", b'"payment"', b"[[]]", b"-0", b'[{"type":"payment"}]']
    )


def huge(m: Maker) -> bytes:
    """A valid payment with a long string nobody knows; the longest is as large as the topic takes."""
    document = m.payment(x="")
    room = TOPIC_BYTES_MAX - BATCH_OVERHEAD - len(dump(document))
    return dump(document | {"x": "x" * m.draw.choice([100_000, 300_000, room])})


def huge_nonsense(m: Maker) -> bytes:
    size = m.draw.choice([200_000, 262_144, 262_145, TOPIC_BYTES_MAX - BATCH_OVERHEAD])
    return m.draw.choice([b"\x00", b"x", b"[", b" ", b'"', b"9", b"\\", b"\xff"]) * size


def deep(m: Maker) -> bytes:
    depth = m.draw.choice([2_000, 20_000, 150_000])
    opening, closing = m.draw.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return dump(m.payment(x="@@")).replace(b'"@@"', opening * depth + b"1" + closing * depth)


def not_a_number(m: Maker) -> bytes:
    text = m.draw.choice(
        ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "01", "1.", ".5", "+1", "0x10", "1_000", "--1"]
    )
    return m.text(
        m.draw.choice(["amount", "occurred_at", "metadata"]), text if m.draw.random() < 0.7 else f"[{text}]"
    )


def out_of_range(m: Maker) -> bytes:
    at, text = m.draw.choice(
        [
            ("amount", 2**63),
            ("amount", -(2**63) - 1),
            ("amount", 10**400),
            ("amount", "12.5"),
            ("attempt", 0),
            ("attempt", 256),
            ("attempt", -1),
            ("occurred_at", -1),
            ("occurred_at", 253_402_300_800_000),
            ("occurred_at", 2**64),
            ("amount", 0),
            ("amount", -500),
            ("amount", 49),
            ("amount", 100_000_000),
        ]
    )
    return m.text(at, text)


def odd_but_valid(m: Maker) -> bytes:
    """What is unusual and allowed: it must be decided."""
    return m.draw.choice(
        [
            dump(m.payment(metadata={"n": 10**30, "m": -(10**30), "x": 1e308, "y": -0.0, "z": None, "": ""})),
            dump(m.payment(payment_id="🪪" * 120 + f"{m.count:08x}", merchant_account="🏦" * 128)),
            dump(m.payment(payment_id=f"\u0000\u202e{m.count}\ud7ff\uffff", device_id="\x7f\x01\n")),
            json.dumps(m.payment(device_id="😀", ip="999.999.999.999")).encode(),
            dump(m.payment(ip="１２７.0.0.1")),
            dump(m.payment(ip="::ffff:203.0.113.9")),
            dump(m.payment(ip="x" * 45)),
            dump(m.payment(customer=None, device_id=None, ip=None, channel="moto")),
            dump(
                m.payment(
                    customer={"id": "c", "created_at": 253_402_300_799_999},
                    merchant={"id": "m", "country": "🏁🏁"},
                )
            ),
            dump(m.payment(method={"kind": "card", "token": "t", "bin": "١٢٣٤٥٦", "country": "\x00\x00"})),
            dump(m.payment(unknown={"nested": [1, {"deeper": None}]}, another=[[[[]]]])),
            b" \n\t" * 1000 + dump(m.payment()) + b"\r\n" * 1000,
            dump(m.payment(metadata={f"k{i}": "v" * 2_000 for i in range(50)})),
            dump(m.payment(device_id="tok_4000056655665556", amount=99_999_999, currency="EUR")),
            m.text("amount", "500").replace(b'"amount"', b'"\\u0061mount"'),
        ]
    )


def long_ids(m: Maker) -> bytes:
    """Valid, and as long as ids may be in bytes: many of them together must still fit into messages."""
    return dump(m.payment(payment_id="💳" * 120 + f"{m.count:08d}", merchant_account="🏦" * 128))


def far_future(m: Maker) -> bytes:
    return dump(m.payment(occurred_at=m.draw.choice([YEAR_2286, m.now + 10**9, 253_402_300_799_999])))


def far_past(m: Maker) -> bytes:
    return dump(m.payment(occurred_at=m.draw.choice([0, 1, m.now - 8 * 86_400_000])))


def card_number(m: Maker) -> bytes:
    """A card number somewhere in the strings of a payment that is valid otherwise."""
    pan = written(m, m.draw.choice(PANS))
    return m.draw.choice(
        [
            lambda: dump(m.payment(device_id="@@")),
            lambda: dump(m.payment(payment_id="@@")),
            lambda: dump(m.payment(merchant_account="@@")),
            lambda: dump(m.payment(ip="@@")),
            lambda: dump(m.payment(method={"kind": "card", "token": "@@"})),
            lambda: dump(m.payment(metadata={"note": "paid with @@."})),
            lambda: dump(m.payment(metadata={"@@": 1})),
            lambda: dump(m.payment(x={"y": ["a", {"z": "card:@@;"}]})),
            lambda: dump(m.payment(**{"@@": None})),
            lambda: dump(m.payment(customer={"id": "@@"})),
            lambda: dump(m.payment(currency="@@")),
            lambda: dump(m.payment(type="@@")),
            lambda: dump(m.payment(x="é@@é", y="@@ @@")),
            lambda: dump(m.payment(amount="@@")),
            lambda: dump(m.payment(phase="@@")),
            lambda: dump({"type": "label", "x": "@@"}),
            lambda: dump({"type": "control", "author": "@@"}),
        ]
    )().replace(b"@@", pan)


def card_number_in_nonsense(m: Maker) -> bytes:
    """A card number in something that is no JSON: its bytes are kept in a dead letter, masked."""
    pan = written(m, m.draw.choice(PANS))
    return m.draw.choice(
        [
            b"pan=%s&cvv=123",
            b"<PAN>%s</PAN>",
            b'{"type":"payment","pan":%s',
            b"\xff\xfe %s \xff",
            b"%s",
            b"'%s'",
            b'{"type":"payment","x":"%s',
            b"x" * 300_000 + b" %s ",
            b'{"pan": NaN, "y": "%s"}',
            b"[" * 5_000 + b'"%s"',
        ]
    ).replace(b"%s", pan)


def written(m: Maker, pan: str) -> bytes:
    """A card number as people and machines write it."""
    how = m.draw.randrange(5)
    if how == 1:
        return "-".join(pan[i : i + 4] for i in range(0, len(pan), 4)).encode()
    if how == 2:
        return " ".join(pan[i : i + 4] for i in range(0, len(pan), 4)).encode()
    if how == 3:
        return "".join(f"\\u00{ord(digit):02x}" for digit in pan).encode()
    if how == 4:
        at = m.draw.randrange(len(pan))
        return f"{pan[:at]}\\u00{ord(pan[at]):02X}{pan[at + 1 :]}".encode()
    return pan.encode()


def duplicate_keys(m: Maker) -> bytes:
    value = dump(m.payment())
    return value[:-1] + m.draw.choice(
        [
            b',"amount":700}',
            b',"amount":"x"}',
            b',"type":"payment"}',
            b',"type":"label"}',
            b',"payment_id":"again"}',
            b',"method":{},"method":null}',
            b',"metadata":{"a":1,"a":2}}',
        ]
    )


def invalid_utf8(m: Maker) -> bytes:
    bad = m.draw.choice(
        [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\x80", b"\xf0\x9f\x98"]
    )
    return (
        dump(m.payment(device_id="@@")).replace(b"@@", bad)
        if m.draw.random() < 0.7
        else bad + dump(m.payment())
    )


def lone_surrogate(m: Maker) -> bytes:
    text = m.draw.choice(
        [b"\\ud800", b"\\udfff", b"\\ud83d", b"\\ud800\\ud800", b"x\\udc00y", b"\\uD8", b"\\x41"]
    )
    return dump(m.payment(**{m.draw.choice(["device_id", "payment_id", "x"]): "@@"})).replace(b"@@", text)


def empty(m: Maker) -> bytes | None:
    return m.draw.choice([b"", None])


def blank(m: Maker) -> bytes:
    return m.draw.choice([b" ", b"\n", b"\t" * 100, b"\x00"])


def unknown_type(m: Maker) -> bytes:
    kind: Any = m.draw.choice(
        ["refund", "Payment", "", "payment ", 7, None, [], {}, True, "💳", "x" * 5_000, 1.5]
    )
    document = m.payment(type=kind)
    if m.draw.random() < 0.2:
        del document["type"]
    return dump(document)


def bad_currency(m: Maker) -> bytes:
    return dump(
        m.payment(
            currency=m.draw.choice(["XXX", "eur", "€€€", "EU", "EURO", "", "\x00\x00\x00", "ZZZ", "XTS"])
        )
    )


def conflict(m: Maker) -> bytes:
    """The payment made before with another amount; the first time there is none before it."""
    return dump(m.payment(payment_id="hostile-conflict", amount=1_000 + m.count))


def again(m: Maker) -> bytes:
    return dump(
        m.payment()
        | {
            "payment_id": "hostile-again",
            "occurred_at": m.now,
            "merchant": {"id": "m"},
            "method": {"kind": "wallet", "token": "t"},
            "customer": None,
            "device_id": None,
            "ip": None,
        }
    )
