"""Which rules hit, kept once for all decisions that share it: a record names its set by a number.

Invariants
- A set has the number of its first appearance in its generation: `GENERATION_MS` of engine time, longer than
  any horizon for duplicates, so what a duplicate may ask for is in the generation of its record, which is the
  current one or the one before. Older ones are dropped.
- At most `SETS_MAX` sets a generation (with 1,024 rules about 110 MB). A set beyond that keeps only the rule
  that decided, and says that it was cut: a decision still names its reason, and hostile traffic cannot fill
  the memory.
- Numbers depend on the log alone, never on how it was cut into batches.

A set's key is bytes: origin (4), deciding rule (2, 0xFFFF none), cut (1), bits of the live rules, bits of the
shadow rules.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.arrays import Bools, Bytes, Int64s
from models.kernels import kernel
from models.rules import RuleResult
from models.units import DAY_MS

GENERATION_MS: Final = 31 * DAY_MS
SETS_MAX: Final = 1 << 18
HEAD: Final = 7
NO_RULE: Final = 0xFFFF
NO_RULES: Final = np.zeros((0, 0), np.bool_)
NUMBER_BITS: Final = 32
NUMBER_MAX: Final = (1 << NUMBER_BITS) - 1


class HitSet(NamedTuple):
    """One set of rules that hit, by their positions in the origin's ruleset."""

    origin: int
    """Number of the `DecisionOrigin`."""
    deciding: int
    """The rule that decided; -1 where none did."""
    cut: bool
    hits: list[int]
    shadow: list[int]


@kernel
def _pack(origin: int, deciding: Int64s, hits: Bools, shadow: Bools, out: Bytes) -> None:
    """Fills in a row for each payment. `out`: zeros."""
    width = (hits.shape[0] + 7) // 8
    for row in range(out.shape[0]):
        for at in range(4):
            out[row, at] = (origin >> (8 * at)) & 255
        out[row, 4], out[row, 5] = deciding[row] & 255, (deciding[row] >> 8) & 255
        for rule in range(hits.shape[0]):
            if hits[rule, row]:
                out[row, HEAD + (rule >> 3)] |= 1 << (rule & 7)
            if shadow[rule, row]:
                out[row, HEAD + width + (rule >> 3)] |= 1 << (rule & 7)


def pack_hit_sets(origin: int, n: int, rules: RuleResult | None) -> list[bytes]:
    """The sets of n payments judged in one context, as keys."""
    hits = NO_RULES if rules is None else rules.hits
    size = HEAD + 2 * (-(-len(hits) // 8))
    rows = np.zeros((n, size), np.uint8)
    if rules is None:
        _pack(origin, np.full(n, -1), NO_RULES, NO_RULES, rows)
    else:
        _pack(origin, rules.deciding, hits, rules.shadow, rows)
    data = rows.tobytes()
    return [data[at : at + size] for at in range(0, len(data), size)]


def unpack_hit_set(key: bytes) -> HitSet:
    """The set that a key stands for."""
    width = (len(key) - HEAD) // 2
    deciding = int.from_bytes(key[4:6], "little")
    return HitSet(
        origin_of(key),
        -1 if deciding == NO_RULE else deciding,
        key[6] != 0,
        _positions(key[HEAD : HEAD + width]),
        _positions(key[HEAD + width :]),
    )


def origin_of(key: bytes) -> int:
    """Number of the `DecisionOrigin` of a key's set, without the rest of it."""
    return int.from_bytes(key[:4], "little")


def _positions(bits: bytes) -> list[int]:
    return np.flatnonzero(np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")).tolist()


def _cut(key: bytes) -> bytes:
    """The key of the set with the deciding rule only."""
    width = (len(key) - HEAD) // 2
    bits = bytearray(2 * width)
    deciding = int.from_bytes(key[4:6], "little")
    if deciding != NO_RULE:
        bits[deciding // 8] = 1 << deciding % 8
    return key[:6] + b"\x01" + bytes(bits)


class HitSets:
    """The sets of the generations that still count."""

    def __init__(self, sets_max: int = SETS_MAX) -> None:
        """`sets_max`: sets a generation before they are cut."""
        self._sets_max = sets_max
        self._numbers: dict[int, dict[bytes, int]] = {}
        self._keys: dict[int, list[bytes]] = {}

    def intern(self, keys: Sequence[bytes], times: NDArray[np.int64]) -> NDArray[np.int32]:
        """Numbers of n sets at their engine times, in order of the log."""
        if not keys:
            return np.zeros(0, np.int32)
        generations = times // GENERATION_MS
        if generations[0] == generations[-1]:
            return np.array(self._entered(int(generations[0]), keys), np.int32)
        numbers = [self._entered(g, [key])[0] for g, key in zip(generations.tolist(), keys, strict=True)]
        return np.array(numbers, np.int32)

    def _entered(self, generation: int, keys: Sequence[bytes]) -> list[int]:
        known = self._numbers.setdefault(generation, {})
        listed = self._keys.setdefault(generation, [])
        get = known.get
        return [_enter(known, listed, key, self._sets_max) if (n := get(key)) is None else n for key in keys]

    def names(self, numbers: NDArray[np.int32], times: NDArray[np.int64]) -> list[int]:
        """The names of sets by the numbers and engine times of their records."""
        names: list[int] = (times // GENERATION_MS << NUMBER_BITS | numbers).tolist()
        return names

    def key(self, name: int) -> bytes:
        """The key of the set of this name."""
        return self._keys[name >> NUMBER_BITS][name & NUMBER_MAX]

    def forget(self, now: int) -> None:
        """Drops the generations that no duplicate may ask for at engine time `now`."""
        for generation in [g for g in self._keys if g < now // GENERATION_MS - 1]:
            del self._keys[generation], self._numbers[generation]

    def logical_hash(self, now: int) -> int:
        """64 bits over the sets that still count."""
        digest = xxhash.xxh3_64()
        for generation in sorted(g for g in self._keys if g >= now // GENERATION_MS - 1):
            digest.update(f"{generation}|{len(self._keys[generation])}".encode())
            for key in self._keys[generation]:
                digest.update(len(key).to_bytes(4, "little") + key)
        return digest.intdigest()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps: generation and length of each set, in order, and their bytes."""
        keys = [(generation, key) for generation in sorted(self._keys) for key in self._keys[generation]]
        return {
            "generations": np.array([generation for generation, _ in keys], np.int64),
            "lengths": np.array([len(key) for _, key in keys], np.int64),
            "sets": np.frombuffer(b"".join(key for _, key in keys), np.uint8).copy(),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], sets_max: int = SETS_MAX) -> Self:
        """The inverse of `arrays`."""
        sets, data = cls(sets_max), arrays["sets"].tobytes()
        at = 0
        for generation, length in zip(
            arrays["generations"].tolist(), arrays["lengths"].tolist(), strict=True
        ):
            key = data[at : at + length]
            at += length
            listed = sets._keys.setdefault(generation, [])
            sets._numbers.setdefault(generation, {})[key] = len(listed)
            listed.append(key)
        return sets


def _enter(known: dict[bytes, int], listed: list[bytes], key: bytes, sets_max: int) -> int:
    """The number of a set that is not known as it is."""
    if len(listed) >= sets_max:
        key = _cut(key)
    number = known.get(key)
    if number is None:
        number = known[key] = len(listed)
        listed.append(key)
    return number


def warm() -> None:
    """Compiles the kernel, or loads it from the cache, before the first payment."""
    pack_hit_sets(0, 0, None)
