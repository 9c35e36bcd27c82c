"""Objects with a key twice: by the kernel as by Python's own reader of pairs."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.json_keys.repetition import has_repeated_key, suspects
from models.json_keys.scan_kernel import PROBES_MAX, slots
from models.nesting import NESTING_MAX, too_deep_at

KEYS = st.sampled_from(
    ["a", "b", "id", "", "é", "💳", '"', "\\", "/", "\n", ":", "{", "}", "amount", "\u0800"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", '":', '{"a":1,"a":2}', "\\", "💳"])
)


@st.composite
def texts(draw: st.DrawFn, depth: int = 3) -> str:
    """JSON as a hostile sender may write it: keys repeated, escaped, spaced."""
    kind = draw(st.sampled_from(["leaf", "object", "array"] if depth else ["leaf"]))
    if kind == "leaf":
        return written(draw, draw(LEAVES))
    count = draw(st.integers(0, 4))
    values = [draw(texts(depth - 1)) for _ in range(count)]
    if kind == "array":
        return "[" + ",".join(values) + "]"
    pairs = (written(draw, draw(KEYS)) + draw(st.sampled_from([":", " :\n\t", ": "])) + v for v in values)
    return "{" + ",".join(pairs) + "}"


def written(draw: st.DrawFn, value: Any) -> str:
    if not isinstance(value, str) or draw(st.booleans()):
        return json.dumps(value, ensure_ascii=draw(st.booleans()))
    units = np.frombuffer(value.encode("utf-16-le"), np.uint16).tolist()
    return '"' + "".join(f"\\u{unit:04X}" for unit in units) + '"'


def repeats(text: str) -> bool:
    found = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        found.append(len({key for key, _ in pairs}) < len(pairs))

    json.loads(text, object_pairs_hook=note)
    return any(found)


def suspected(*messages: bytes) -> list[bool]:
    offsets = np.cumsum([0, *map(len, messages)])
    return suspects(np.frombuffer(b"".join(messages), np.uint8), offsets).tolist()


@given(texts())
def test_a_repeated_key_is_found_where_pythons_reader_sees_one(text: str) -> None:
    assert has_repeated_key(text.encode()) == repeats(text)


@given(st.lists(texts(), max_size=20))
def test_the_quick_look_never_misses_one_and_does_not_depend_on_company(messages: list[str]) -> None:
    raw = [message.encode() for message in messages]
    together = suspected(*raw)
    assert together == [suspected(one)[0] for one in raw]
    assert all(quick for quick, one in zip(together, raw, strict=True) if has_repeated_key(one))


@given(st.binary(max_size=24), st.integers(0, 9))
def test_a_plain_payment_is_not_suspected_wherever_it_lies(before: bytes, keys: int) -> None:
    names = [
        "id",
        "currency",
        "a_key_longer_than_8",
        "merchant_account",
        "delivery_address_token",
        "x",
        "é",
        "",
        "at",
    ]
    inner = json.dumps(dict.fromkeys(names[:keys], "a:{b}"), ensure_ascii=False, separators=(",", ":"))
    outer = f'{{"merchant":{inner},"list":[{inner},{inner}],"customer": {inner}}}'.encode()
    assert suspected(before, outer)[1] is False
    twice = outer[:-1] + b',"list":0}'
    assert suspected(before, twice)[1] is True


@given(st.binary(max_size=300) | st.text(st.sampled_from('{}[]":,\\u0d8 a'), max_size=60).map(str.encode))
def test_any_bytes_can_be_looked_at(raw: bytes) -> None:
    has_repeated_key(raw)
    suspected(raw, raw)


@pytest.mark.parametrize("count", [1, 60, 5_000, 100_000])
def test_many_different_keys_are_none_repeated(count: int) -> None:
    text = "{" + ",".join(f'"{number:x}":0' for number in range(count)) + "}"
    assert not has_repeated_key(text.encode())
    assert has_repeated_key((text[:-1] + f',"{count - 1:x}":0}}').encode())


def test_the_table_has_room_for_the_shortest_keys() -> None:
    assert all(slots(length) * 2 >= length for length in range(1, 5_000))
    assert not has_repeated_key(b'{"a":0}' * PROBES_MAX)


@given(
    st.lists(
        st.lists(st.sampled_from([b"[", b"{", b"]", b"}", b'"', b"\\", b"a", b"\xff", b"y"]), max_size=40)
        .flatmap(lambda parts: st.integers(0, 300).map(lambda times: b"[" * times + b"".join(parts) * 7)),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_a_message_nested_too_deep_is_suspected_whatever_its_bytes(messages: list[bytes]) -> None:
    for message, flag in zip(messages, suspected(*messages), strict=True):
        assert flag or too_deep_at(message) is None


@pytest.mark.parametrize("opening", [b"[", b"{"])
def test_the_bound_of_nesting_is_that_of_the_exact_look(opening: bytes) -> None:
    inside, deeper = opening * NESTING_MAX, opening * (NESTING_MAX + 1)
    assert suspected(inside, b"  " + deeper, inside) == [False, True, False]
