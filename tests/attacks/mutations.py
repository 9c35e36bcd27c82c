"""Damage to messages, drawn from a seed: bytes, JSON values, fields, lengths, other messages altogether."""

import json
import struct
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

LARGEST = 900_000
"""Bytes: what every topic takes."""
NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 255, 256, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), 2**64, 10**40, 0.0, -0.0,
    1e308, 1e-320, "", " ", "\x00", "a", "x" * 128, "x" * 129, "x" * 70_000, "💳", "\u202e",
    "4111111111111111", "NaN", "null", "../../etc/passwd", "'; DROP TABLE decisions; --",
    [], [[]], {}, {"": {}}, ["x"] * 60, {"a": 1, "b": [None]},
)  # fmt: skip
JSON_PIECES = (
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"null",
    b"-",
)


class Mutator:
    """Draws damaged messages; the seed and the originals fix them all."""

    def __init__(self, seed: int, originals: Sequence[bytes]) -> None:
        """`originals`: whole messages, of the topic's own kind and of others."""
        self.draw = Random(seed)
        self._originals = [value for value in originals if len(value) < LARGEST]
        self._kinds: list[tuple[int, Callable[[], bytes | None]]] = [
            (30, self._damaged_json),
            (30, self._damaged_bytes),
            (10, self._spliced),
            (10, self._original),
            (8, self._noise),
            (5, self._repeated_key),
            (3, self._deep),
            (2, self._huge),
            (2, lambda: self.draw.choice([b"", None, b" ", b"null", b"{}", b"[]", b"0"])),
        ]

    def message(self) -> bytes | None:
        """The next one."""
        weights = [weight for weight, _ in self._kinds]
        made = self.draw.choices(self._kinds, weights)[0][1]()
        return made if made is None else made[:LARGEST]

    def _original(self) -> bytes:
        return self.draw.choice(self._originals)

    def _damaged_json(self) -> bytes:
        try:
            document = json.loads(self._original())
        except (ValueError, RecursionError):
            return self._damaged_bytes()
        for _ in range(self.draw.choice((1, 1, 1, 2, 5))):
            document = self._with_damage(document)
        return json.dumps(document, ensure_ascii=self.draw.random() < 0.5).encode(errors="surrogatepass")

    def _with_damage(self, document: Any) -> Any:
        """One value anywhere in it replaced, taken away, moved or doubled."""
        if not isinstance(document, (dict, list)) or not document or self.draw.random() < 0.05:
            return deepcopy(self.draw.choice(NASTY))
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        key = self.draw.choice(keys)
        inner = document[key]
        if isinstance(inner, (dict, list)) and inner and self.draw.random() < 0.6:
            document[key] = self._with_damage(inner)
        elif self.draw.random() < 0.2:
            del document[key]
        elif isinstance(document, dict) and self.draw.random() < 0.2:
            document[str(self.draw.choice(NASTY))[:200]] = inner
        else:
            document[key] = self._changed(inner)
        return document

    def _changed(self, value: Any) -> Any:
        if isinstance(value, int) and self.draw.random() < 0.4:
            return value + self.draw.choice((-1, 1, 10**6, -(10**6), 86_400_000, -86_400_000 * 400))
        if isinstance(value, str) and value and self.draw.random() < 0.4:
            place = self.draw.randrange(len(value))
            return value[:place] + self.draw.choice(("", "\x00", "é", "💥", '"', value)) + value[place + 1 :]
        return deepcopy(self.draw.choice(NASTY))

    def _damaged_bytes(self) -> bytes:
        raw = bytearray(self._original())
        for _ in range(self.draw.choice((1, 1, 2, 8))):
            if not raw:
                return bytes(raw)
            place = self.draw.randrange(len(raw))
            match self.draw.randrange(5):
                case 0:
                    raw[place] ^= 1 << self.draw.randrange(8)
                case 1:
                    del raw[place : place + self.draw.choice((1, 2, 16))]
                case 2:
                    raw[place:place] = self.draw.choice(JSON_PIECES)
                case 3:
                    raw[place] = self.draw.randrange(256)
                case _:
                    del raw[place:]
        return bytes(raw)

    def _spliced(self) -> bytes:
        first, second = self._original(), self._original()
        return first[: self.draw.randrange(len(first) + 1)] + second[self.draw.randrange(len(second) + 1) :]

    def _noise(self) -> bytes:
        length = self.draw.choice((1, 5, 40, 300))
        return b"".join(struct.pack("<Q", self.draw.getrandbits(64)) for _ in range(length))

    def _repeated_key(self) -> bytes:
        raw = self._original()
        key = self.draw.choice((b"type", b"payment_id", b"amount", b"engine", b"id", b"x"))
        value = json.dumps(self.draw.choice(NASTY), ensure_ascii=True).encode()
        return raw.rstrip()[:-1] + b',"' + key + b'":' + value + b',"' + key + b'":' + value + b"}"

    def _deep(self) -> bytes:
        depth = self.draw.choice((100, 1_000, 30_000))
        opening, closing = self.draw.choice(((b"[", b"]"), (b'{"a":', b"}")))
        nested = opening * depth + b"1" + closing * depth
        return self.draw.choice((nested, self._original().rstrip()[:-1] + b',"x":' + nested + b"}"))

    def _huge(self) -> bytes:
        return self._original().rstrip()[:-1] + b',"x":"' + b"y" * self.draw.choice((3_000, 300_000)) + b'"}'
