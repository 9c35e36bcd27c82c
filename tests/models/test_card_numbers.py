import json

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.card_numbers.detection import find, mask, suspects

CARDS = {
    "Visa": "4111111111111111",
    "Visa of 13": "4222222222222",
    "Mastercard": "5555555555554444",
    "Mastercard 2-series": "2223003122003222",
    "American Express": "378282246310005",
    "Discover": "6011111111111117",
    "Diners Club": "30569309025904",
    "Diners Club of 14": "36227206271667",
    "JCB": "3566002020360505",
    "UnionPay": "6200000000000005",
    "UnionPay of 19": "6205500000000000004",
    "Maestro": "6759649826438453",
    "Maestro 50": "5018000000000009",
}
TEXTS = ["", "a ", "é", "\n", '"', "\\", "💳", "x:", "id-", "12.5,", "\t", "/", "tok", "_"]


def suspected(*messages: bytes) -> list[bool]:
    offsets = np.cumsum([0, *map(len, messages)])
    return suspects(np.frombuffer(b"".join(messages), np.uint8), offsets).tolist()


def luhn_digit(digits: str) -> str:
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    prefix, length = draw(
        st.sampled_from([("4", 16), ("4", 13), ("4", 19), ("51", 16), ("2720", 16), ("34", 15), ("37", 15)])
        | st.sampled_from(
            [("6011", 16), ("65", 19), ("36", 14), ("3528", 16), ("62", 17), ("67", 13), ("50", 18)]
        )
    )
    rest = draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    return prefix + rest + luhn_digit(prefix + rest)


def spread(draw: st.DrawFn, number: str) -> str:
    gaps = draw(
        st.lists(st.sampled_from(["", "", " ", "-"]), min_size=len(number) - 1, max_size=len(number) - 1)
    )
    return "".join(digit + gap for digit, gap in zip(number, [*gaps, ""], strict=True))


def escaped(draw: st.DrawFn, text: str) -> str:
    """The text as a JSON string with some characters as escapes."""
    choices = draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    upper = draw(st.booleans())
    pieces = []
    for char, as_escape in zip(text, choices, strict=True):
        code = f"{ord(char):04X}" if upper else f"{ord(char):04x}"
        pieces.append(
            f"\\u{code}" if as_escape and ord(char) < 0x10000 else json.dumps(char, ensure_ascii=False)[1:-1]
        )
    return "".join(pieces)


@st.composite
def planted(draw: st.DrawFn) -> tuple[bytes, str]:
    """A JSON message with one card number somewhere in a string, in any spelling."""
    number = draw(numbers())
    before = draw(st.sampled_from([text for text in TEXTS if text not in ("tok", "_")]))
    after = draw(st.sampled_from(["", " b", ".", "\n", '"', "\\", "é", ", 12"]))
    text = '"' + escaped(draw, before + spread(draw, number) + after) + '"'
    time = draw(st.integers(10**12, 2 * 10**12))
    places = [f'{{"at":{time},"a":{text}}}', f"{{{text}:{time}}}", f'[{time},[{{"b":[null,{text}]}}]]', text]
    return draw(st.sampled_from(places)).encode(), number


@given(planted())
def test_a_planted_number_is_suspected_found_and_masked(message: tuple[bytes, str]) -> None:
    raw, number = message
    assert find(raw)
    assert suspected(b"{}", raw, b"[]") == [False, True, False]
    masked = mask(raw)
    assert not find(masked)
    assert not holds(masked, number)
    assert masked.count(b"*") >= len(number) - 4
    assert msgspec.json.decode(masked) is not None


def holds(raw: bytes, number: str) -> bool:
    """Whether the message's strings still spell the number, whatever lies between its digits."""
    plain = json.dumps(json.loads(raw), ensure_ascii=False)
    return number in plain.replace(" ", "").replace("-", "")


@given(planted(), st.sampled_from([b"", b"}", b"\xff", b'"', b"{"]))
def test_in_what_is_not_json_a_number_is_found_too(message: tuple[bytes, str], junk: bytes) -> None:
    raw = message[0] + junk + b'{"'
    assert find(raw)
    assert suspected(raw) == [True]
    assert not find(mask(raw))


@given(st.text('0123456789 -_\\u"{}:,a\n', max_size=60).map(str.encode) | st.binary(max_size=60))
def test_what_is_found_was_suspected_and_is_gone_when_masked(raw: bytes) -> None:
    if find(raw):
        assert suspected(raw) == [True]
    assert not find(mask(raw))


@given(st.lists(st.text('4105 -_a"\\u', max_size=40).map(str.encode), max_size=6))
def test_messages_are_suspected_one_by_one(messages: list[bytes]) -> None:
    assert suspected(*messages) == [suspected(message)[0] for message in messages]


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS.keys())
def test_the_schemes_test_cards_are_found_and_keep_four_digits(number: str) -> None:
    raw = json.dumps({"note": f"card {number}!"}).encode()
    assert find(raw) == [(raw.index(number.encode()), raw.index(number.encode()) + len(number))]
    assert mask(raw) == raw.replace(number.encode(), b"*" * (len(number) - 4) + number[-4:].encode())


@given(st.integers(10**12, 4 * 10**12 - 1))
def test_millisecond_times_are_neither_found_nor_masked(time: int) -> None:
    raw = json.dumps({"occurred_at": time, "as_text": str(time)}).encode()
    assert not find(raw)
    assert mask(raw) == raw


def test_numbers_without_quotes_count_only_where_json_is_broken() -> None:
    assert find(b'{"id": 4111111111111111}') == []
    assert find(b'{"id": 4111111111111111') == [(7, 23)]


def test_masking_wins_even_where_a_number_has_no_quotes() -> None:
    assert mask(b'{"id": 4111111111111111}') == b'{"id": ************1111}'


@pytest.mark.parametrize(
    "text",
    [
        "tok_4111111111111111",
        "4111111111111111a",
        "a4111111111111111",
        "94111111111111111111",
        "4111111111111112",
        "1111111111111117",
        "411111111111",
        "4111  1111 1111 1111",
        "4111.1111.1111.1111",
        "41111111-1111-4111-8111-111111111111",
        "2026-11-21 04:06:16.000",
        "+49 170 1234567",
    ],
)
def test_tokens_uuids_and_other_digits_are_exempt(text: str) -> None:
    raw = json.dumps({"a": text}).encode()
    assert find(raw) == []
    assert mask(raw) == raw


def test_a_number_among_other_groups_of_digits_is_found() -> None:
    raw = b'"12 4111 1111-1111 1111 99"'
    assert (4, 23) in find(raw)
    assert b"4111 1111" not in mask(raw)


def test_a_number_behind_an_escape_is_not_taken_for_a_token() -> None:
    for escape in (r"\n", r"\t", r"\u00e9", r"\u2028", r"\b"):
        raw = f'"{escape}4111111111111111"'.encode()
        assert suspected(raw) == [True]
        assert find(raw)


def test_a_letter_written_as_an_escape_still_makes_a_token() -> None:
    assert find(rb'"\u006b4111111111111111"') == []


def test_masking_what_uncovers_another_number_goes_on() -> None:
    assert not find(mask(b'"' + b"4111 1111 1111 1111 " * 40 + b'"'))


def test_a_hostile_message_is_masked_in_linear_time() -> None:
    raw = b'"' + b"4 " * 450_000 + b'"'
    assert not find(mask(raw))


def test_nothing_is_an_empty_batch() -> None:
    assert suspected() == []
    assert suspected(b"") == [False]
