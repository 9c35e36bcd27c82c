"""A warm cache never runs old machine code: what a kernel froze from any file is part of its name there."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numba import config

import features.kernel.update as feature_update
from features.catalogue.own_files import catalogue_of
from features.columns.events import Events
from models.kernels.frozen import content_hash

HOUSE = {
    "limits.py": """
from enum import IntEnum
from typing import NamedTuple

import numpy as np

class Kind(IntEnum):
    FIRST = 1
    SECOND = 2

class Pair(NamedTuple):
    left: int
    right: int

LIMIT = 10
TABLE = np.array([1, 2, 3])
BOUNDS = (4, 5)
""",
    "steps.py": """
from COMPILER import inlined

ADDED = 100

@inlined
def raised(value):
    return value + ADDED
""",
    "counting.py": """
import limits
import steps
from limits import BOUNDS, LIMIT, TABLE, Kind
from COMPILER import kernel

@kernel
def answer(pair, also=1):
    total = LIMIT + limits.LIMIT * 1000 + TABLE[1] + BOUNDS[0] + Kind.FIRST + also
    return steps.raised(total) + pair.left * 1_000_000
""",
}
EDITS = {
    "a limit": ("limits.py", "LIMIT = 10", "LIMIT = 11"),
    "an entry of a table": ("limits.py", "[1, 2, 3]", "[1, 7, 3]"),
    "an entry of a tuple": ("limits.py", "(4, 5)", "(6, 5)"),
    "the order of an enum": ("limits.py", "FIRST = 1\n    SECOND = 2", "SECOND = 1\n    FIRST = 2"),
    "the order of a tuple's fields": ("limits.py", "left: int\n    right: int", "right: int\n    left: int"),
    "another kernel": ("steps.py", "return value + ADDED", "return value - ADDED"),
    "another kernel's constant": ("steps.py", "ADDED = 100", "ADDED = 200"),
    "a default": ("counting.py", "also=1", "also=2"),
}
COMPILER_OF_NUMBA = """
from numba import njit

def kernel(function):
    return njit(cache=True)(function)

inlined = kernel
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Callable[[str], House]"]:
    """A small house of kernels on disk, with a cache of its own, compiled by the module of that name."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path / "house"))
    yield lambda compiler: House(tmp_path / "house", compiler)
    House.forget()


class House:
    """Three modules that can be edited and loaded again, as by a new process."""

    def __init__(self, folder: Path, compiler: str) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "compiled_by_numba.py").write_text(COMPILER_OF_NUMBA)
        for name, text in HOUSE.items():
            (folder / name).write_text(text.replace("COMPILER", compiler))

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def answer(self) -> tuple[int, int]:
        """What the kernel gives when its modules are loaded afresh, and how often it came from the cache."""
        self.forget()
        counting, limits = load("counting"), load("limits")
        value = counting.answer(limits.Pair(7, 8))
        return value, sum(counting.answer.stats.cache_hits.values())

    def expected(self) -> int:
        """The same by Python."""
        self.forget()
        counting, limits, steps = load("counting"), load("limits"), load("steps")
        vars(steps)["raised"] = steps.raised.py_func
        return int(counting.answer.py_func(limits.Pair(7, 8)))

    @staticmethod
    def forget() -> None:
        for name in ("counting", "limits", "steps"):
            sys.modules.pop(name, None)


def load(name: str) -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module(name)


def test_what_has_not_changed_comes_from_the_cache(house: Callable[[str], House]) -> None:
    kernels = house("models.kernels")
    expected = kernels.expected()
    assert kernels.answer() == (expected, 0)
    kernels.edit("limits.py", "LIMIT = 10", "# The limit of everything.\nLIMIT = 10\nOTHER = 3")
    kernels.edit("counting.py", "@kernel", "# Lines move.\n\n@kernel")
    assert kernels.answer() == (expected, 1)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_anywhere_is_seen_with_a_warm_cache(
    edit: tuple[str, str, str], house: Callable[[str], House]
) -> None:
    kernels = house("models.kernels")
    before, _ = kernels.answer()
    kernels.edit(*edit)
    after, hits = kernels.answer()
    assert (after, hits) == (kernels.expected(), 0)
    assert after != before


def test_a_renamed_argument_class_recompiles(house: Callable[[str], House]) -> None:
    """Numba's index of a kernel names the classes of its arguments, which another version may not have."""
    kernels = house("models.kernels")
    before, _ = kernels.answer()
    kernels.edit("limits.py", "class Pair(", "class Couple(")
    kernels.edit(
        "limits.py", "LIMIT = 10", "def Pair(left, right):\n    return Couple(left, right)\n\nLIMIT = 10"
    )
    assert kernels.answer() == (before, 0)


@pytest.mark.parametrize("pattern", ["*.nbi", "*.nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95", b"no pickle", bytes(range(256))])
def test_a_broken_file_recompiles(house: Callable[[str], House], pattern: str, content: bytes) -> None:
    kernels = house("models.kernels")
    before, _ = kernels.answer()
    files = list(Path(sys.modules["counting"].answer._cache._cache_path).glob(pattern))
    assert files
    for file in files:
        file.write_bytes(content)
    assert kernels.answer() == (before, 0)
    assert kernels.answer() == (before, 1)


def test_numbas_own_cache_would_run_old_code(house: Callable[[str], House]) -> None:
    """The reason for all this; when it fails, numba has learned it and `models.kernels.frozen` can go."""
    kernels = house("compiled_by_numba")
    before, _ = kernels.answer()
    kernels.edit(*EDITS["a limit"])
    assert kernels.answer() == (before, 1)
    assert kernels.expected() != before


@pytest.mark.parametrize("name", ["_AUTHORISED", "_FRAUD", "AMOUNT_MAX", "BLOCK", "distance_km"])
def test_the_feature_kernel_is_named_by_its_constants(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel: Any = feature_update.update
    before = content_hash(kernel)
    assert content_hash(kernel) == before
    monkeypatch.setattr(feature_update, name, 123_456)
    assert content_hash(kernel) != before


OWN_FILE = """
import numpy as np

from features.catalogue import Family, measures
from features.catalogue.measures import Op, Tally
from features.columns import Stream
from models.kernels import kernel

LIMIT = 1_000

@kernel
def big(events):
    marks = np.zeros(events.at.shape[0], np.int64)
    for row in range(len(marks)):
        marks[row] = events.amount[row] > LIMIT
    return marks

BIG = Tally("big", Stream.ATTEMPT, 1, big)
BIG_COUNT = measures.Measure(
    "{entity}_big_{window}", "payments", "payments above the limit", Op.SUM, Stream.ATTEMPT, BIG
)
FAMILIES = (Family("email", BIG_COUNT, ("3d",)),)
"""


def test_a_constant_of_ones_own_feature_file_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "cache"))
    own = tmp_path / "own.py"
    counted = []
    for limit in ("1_000", "1_000", "10_000"):
        own.write_text(OWN_FILE.replace("1_000", limit))
        tally = catalogue_of([own]).families[-1].measure.tally
        assert tally is not None
        marks = tally.of(Events.empty(1)._replace(amount=np.array([5_000])))
        counted.append((marks.tolist(), sum(tally.of.stats.cache_hits.values())))  # type: ignore[attr-defined]
    assert counted == [([1], 0), ([1], 1), ([0], 0)]
