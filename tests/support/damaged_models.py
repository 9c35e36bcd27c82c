"""Model artefacts that are damaged on purpose: mutation `n` of a good one is the same on every machine."""

import random
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import msgspec

from models.seed import seed_model_artefact

TREES: Final = slice(8, 14)
"""One of them parts missing values from known ones: its threshold is infinite."""
NUMBERS: Final = (
    "0", "-1", "1", "-0.0", "nan", "-nan", "inf", "-inf", "1e999", "-1e999", "1e308", "-1e308", "5e-324",
    "1e-400", "2147483647", "2147483648", "-2147483649", "9223372036854775808", "9" * 400, "255", "256",
    "1_0", "0x10", "1.5", "", "+1", "\u0661", "\x00", "1e1e1", "-", "65535", "1000000000",
)  # fmt: skip
BYTES: Final = (
    b"",
    b"\0",
    b"\xff",
    b"\n",
    b"\n\n",
    b"=",
    b"Tree=",
    b"end of trees\n",
    b'"',
    b"\\",
    b"[",
    b"}",
)
DOCUMENT: Final[tuple[tuple[str, Any], ...]] = (
    ("calibration", {"kind": "platt", "a": 1e308, "b": -1e308}),
    ("calibration", {"kind": "platt", "a": -1.0, "b": 0.0}),
    ("calibration", {"kind": "platt", "a": 0.0, "b": 1e6}),
    ("calibration", {"kind": "isotonic", "raw": [-1e308, 1e308], "micro": [0, 1_000_000]}),
    ("calibration", {"kind": "isotonic", "raw": [-1.0, 5e-324], "micro": [3, 3]}),
    ("calibration", {"kind": "isotonic", "raw": [1.0, 0.0], "micro": [3, 4]}),
    ("calibration", {"kind": "isotonic", "raw": [], "micro": []}),
    ("calibration", None),
    ("features", []),
    ("features", ["amount_log2"] * 3),
    ("features", "amount_log2"),
    ("format", 2),
    ("kind", "table"),
    ("catalogue_hash", 5),
    ("booster", 7),
    ("booster", ""),
)


@cache
def good_model() -> bytes:
    """Some of the seed's trees: small, so that thousands of mutations are scored in a minute."""
    document = msgspec.json.decode(seed_model_artefact())
    head, parts = _parts(document["booster"])
    return msgspec.json.encode(document | {"booster": _text(head, parts[TREES]), "trained": {}})


def damaged_model(number: int) -> bytes:
    """Mutation `number` of the good model; sometimes it does no harm."""
    draw = random.Random(number)
    blob = good_model()
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        blob = draw.choices(*zip(*MUTATIONS, strict=True))[0](blob, draw)
    return blob


def _parts(text: str) -> tuple[str, list[str]]:
    head, *parts = text.partition("\nend of trees\n")[0].split("\nTree=")
    return head, parts


def _text(head: str, parts: list[str]) -> str:
    """A text whose sizes fit, so that its trees are looked at."""
    sizes = " ".join(str(len(part.encode(errors="replace")) + len("\nTree=")) for part in parts)
    lines = [f"tree_sizes={sizes}" if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    return "\nTree=".join(["\n".join(lines), *parts]) + "\nend of trees\n"


def _in_text(change: Callable[[str, list[str], random.Random], tuple[str, list[str]]]) -> Any:
    """A mutation of header and trees, the artefact around them whole."""

    def mutated(blob: bytes, draw: random.Random) -> bytes:
        try:
            document = msgspec.json.decode(blob)
            head, parts = _parts(document["booster"])
            text = _text(*change(head, parts, draw))
            return msgspec.json.encode(document | {"booster": text})
        except (RecursionError, ValueError, TypeError, KeyError, AttributeError, IndexError):
            return blob  # an earlier mutation left nothing to work on

    return mutated


def _field(head: str, parts: list[str], draw: random.Random) -> tuple[str, list[str]]:
    """One number of one tree is another."""
    at = draw.randrange(len(parts))
    lines = parts[at].split("\n")
    row = draw.choice([i for i, line in enumerate(lines) if "=" in line])
    name, _, values = lines[row].partition("=")
    words = values.split(" ")
    place = draw.randrange(len(words))
    words[place] = draw.choice((*NUMBERS, str(draw.randrange(-40, 60)), draw.choice(words)))
    lines[row] = f"{name}={' '.join(words)}"
    return head, [*parts[:at], "\n".join(lines), *parts[at + 1 :]]


def _shape(head: str, parts: list[str], draw: random.Random) -> tuple[str, list[str]]:
    """Two children of a tree change places: still a permutation, seldom still a tree."""
    at = draw.randrange(len(parts))
    lines = parts[at].split("\n")
    rows = [i for i, line in enumerate(lines) if line.startswith(("left_child=", "right_child="))]
    places = [(row, k) for row in rows for k in range(len(lines[row].partition("=")[2].split(" ")))]
    (row, k), (other, m) = draw.sample(places, 2)
    words = {line: lines[line].partition("=")[2].split(" ") for line in {row, other}}
    words[row][k], words[other][m] = words[other][m], words[row][k]
    for line, values in words.items():
        lines[line] = f"{lines[line].partition('=')[0]}={' '.join(values)}"
    return head, [*parts[:at], "\n".join(lines), *parts[at + 1 :]]


def _lines(head: str, parts: list[str], draw: random.Random) -> tuple[str, list[str]]:
    """A line of a tree goes, comes twice, or is another tree's."""
    at, other = draw.randrange(len(parts)), draw.randrange(len(parts))
    lines, others = parts[at].split("\n"), parts[other].split("\n")
    row = draw.randrange(len(lines))
    lines[row : row + 1] = draw.choice(([], [lines[row]] * 2, [draw.choice(others)]))
    return head, [*parts[:at], "\n".join(lines), *parts[at + 1 :]]


def _trees(head: str, parts: list[str], draw: random.Random) -> tuple[str, list[str]]:
    """Trees go, come more often, or change places."""
    return head, draw.choices(parts, k=draw.choice((0, 1, len(parts), 40)))


def _header(head: str, parts: list[str], draw: random.Random) -> tuple[str, list[str]]:
    """A field of the header is another, goes, or comes twice."""
    lines = head.split("\n")
    row = draw.randrange(len(lines))
    name = lines[row].partition("=")[0]
    value = draw.choice((*NUMBERS, "3", "multiclass num_class:3", "binary", "none", "average_output"))
    lines[row : row + 1] = draw.choice(([], [lines[row]] * 2, [f"{name}={value}"], ["average_output"]))
    return "\n".join(lines), parts


def _document(blob: bytes, draw: random.Random) -> bytes:
    """A part of the artefact is another, or deeper than it should be."""
    name, value = draw.choice(DOCUMENT)
    try:
        document = msgspec.json.decode(blob)
    except (RecursionError, ValueError):
        return blob
    if draw.random() < 0.1:
        deep = draw.choice((10, 100, 100_000))
        return msgspec.json.encode(document | {"trained": 0}).replace(
            b'"trained":0', b'"trained":{"a":' + b"[" * deep + b"]" * deep + b"}"
        )
    return msgspec.json.encode({**document, name: value} if isinstance(document, dict) else document)


def _bytes(blob: bytes, draw: random.Random) -> bytes:
    """Bytes anywhere change, go, or come twice."""
    at, size = draw.randrange(max(1, len(blob))), draw.choice((1, 1, 2, 50, 5_000))
    piece = draw.choice((*BYTES, bytes([draw.randrange(256)]), blob[at : at + size] * 2))
    return blob[:at] + piece + blob[at + draw.choice((0, 1, size)) :]


MUTATIONS: Final = (
    (_in_text(_field), 10),
    (_in_text(_shape), 5),
    (_in_text(_lines), 3),
    (_in_text(_trees), 1),
    (_in_text(_header), 3),
    (_document, 1),
    (_bytes, 3),
)
"""Each with how often it is drawn."""
