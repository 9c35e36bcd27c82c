"""The model: LightGBM trees that score payments, loaded from one artefact and checked before they are
trusted.

Artefact: one JSON document with the native text of the booster and what is needed to use it.

    {"kind": "model", "format": 1, "features": ["card_payment_count_1h", ...], "catalogue_hash": "...",
     "calibration": {"kind": "platt", "a": 1.0, "b": 0.0}, "booster": "tree
version=v4
...", "trained":
     {...}}

`calibration` may be isotonic as well (`models.scoring.calibration`). Feature i of the booster is the
catalogue's column of that name. An artefact is read and checked in Python first: its size and nesting, its
trees (`models.scoring.tree_check`); LightGBM gets a text of our own with these trees
(`models.scoring.checked_text`), never the supplier's. Raw scores come from our own kernel
(`models.scoring.leaf_mask_kernel`, for a few rows `models.scoring.tree_walk`) where both equal LightGBM's
prediction bit for bit on probe rows at load (thresholds and their neighbours, missing, zero, tiny and huge
values), otherwise from LightGBM's C API on one thread: `Scorer.kind` tells which, and both give the same
scores.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.scoring.attributions import AttributionPaths
from models.scoring.calibration import Calibration, micro_probabilities
from models.scoring.checked_text import checked_text
from models.scoring.leaf_mask_kernel import BLOCK, SMALL_BLOCK, raw_scores
from models.scoring.lightgbm_c_api import Booster, LibraryError
from models.scoring.lightgbm_text import TextModel, UnreadableTextError, read_text
from models.scoring.packing import LeafMaskTables, NotPackable, pack
from models.scoring.rounded_reasons import RoundedPaths
from models.scoring.tree_check import UnsoundModelError, check_model
from models.scoring.tree_walk import WalkedTrees, walk, walked_trees
from models.versions import bytes_version

_BATCHES: Final = ((0, SMALL_BLOCK), (SMALL_BLOCK, BLOCK // 2 + 1))
PROBES: Final = sum(rows for _, rows in _BATCHES)
WALKED_MAX: Final = 6
"""Up to so many rows a walk along the trees is quicker than a block with most of its places empty."""

ARTEFACT_BYTES_MAX: Final = 64 << 20
NESTING_MAX: Final = 16
"""Levels of brackets in an artefact. Bounded here: how deep a decoder gets depends on who calls it."""
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
ScorerKind = Literal["leaf-masks", "lightgbm"]


class ArtefactError(ValueError):
    """The model artefact cannot be used; the message says what is wrong with it."""


class ModelArtefact(msgspec.Struct, frozen=True):
    """A trained model as it is staged. `trained` describes the data, for people; nothing reads it."""

    kind: Literal["model"]
    format: Literal[1]
    features: tuple[str, ...]
    catalogue_hash: str
    calibration: Calibration
    booster: str
    trained: dict[str, Any] = {}


class Scorer:
    """A model ready to score. Holds no state that scoring changes; may be used from a thread."""

    def __init__(
        self, booster: Booster, tables: LeafMaskTables | None, artefact: ModelArtefact, version: str
    ) -> None:
        """Use `load`. Without `tables` LightGBM itself scores."""
        self.kind: ScorerKind = "lightgbm" if tables is None else "leaf-masks"
        self.version = version
        self.calibration = artefact.calibration
        self.catalogue_hash = artefact.catalogue_hash
        self.features: NDArray[np.int64] = np.empty(0, np.int64)
        self._booster = booster
        self._tables = tables
        self._trees: WalkedTrees
        self._paths: RoundedPaths

    @classmethod
    def load(cls, artefact: bytes, catalogue_names: Sequence[str]) -> Self:
        """Load and check an artefact against the catalogue's columns. Raises `ArtefactError`, and nothing
        else, whatever the artefact holds.
        """
        document = _document(artefact)
        positions = _positions(document.features, catalogue_names)
        model = _checked(document)
        booster = _booster(model, len(positions))
        trees = walked_trees(model, positions)
        tables = _checked_tables(model, booster, trees, positions, len(catalogue_names))
        scorer = cls(booster, tables, document, bytes_version(artefact))
        scorer.features = np.array(positions, np.int64)
        scorer._trees = trees
        paths = AttributionPaths.of(model, positions, catalogue_names)
        scorer._paths = RoundedPaths.of(paths)
        scorer._paths.warm()
        return scorer

    def raw_scores(
        self, matrix: NDArray[np.float64], leaves: NDArray[np.uint16] | None = None
    ) -> NDArray[np.float64]:
        """Raw scores (log-odds before calibration) of `matrix` (n, catalogue columns). `leaves`: made by
        `leaves_of`, filled in for `codes_of_leaves`.
        """
        found = self.leaves_of(len(matrix)) if leaves is None else leaves
        if self._tables is None:
            if leaves is not None:
                walk(self._trees, np.ascontiguousarray(matrix), found)
            return self._booster.raw_scores(matrix[:, self.features])
        if len(matrix) <= WALKED_MAX:
            return walk(self._trees, np.ascontiguousarray(matrix), found)
        return raw_scores(self._tables, np.ascontiguousarray(matrix), found)

    def leaves_of(self, rows: int) -> NDArray[np.uint16]:
        """Room for the leaves that the trees end at, for so many rows."""
        return np.zeros((len(self._trees.roots), rows), np.uint16)

    def probabilities(
        self, matrix: NDArray[np.float64], leaves: NDArray[np.uint16] | None = None
    ) -> NDArray[np.int64]:
        """Calibrated probabilities of fraud, in micro-units. `leaves` as in `raw_scores`."""
        return micro_probabilities(self.raw_scores(matrix, leaves), self.calibration)

    def reason_codes(self, matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
        """What raises each probability most, shape (n, 3): codes of `models.scoring.reason_codes`, `NONE`
        where there are fewer.
        """
        leaves = self.leaves_of(len(matrix))
        self.raw_scores(matrix, leaves)
        return self.codes_of_leaves(leaves, np.arange(len(matrix), dtype=np.int32))

    def codes_of_leaves(self, leaves: NDArray[np.uint16], rows: NDArray[np.int32]) -> NDArray[np.uint8]:
        """The reason codes of these rows, from the leaves that scoring filled in."""
        return self._paths.top_codes(leaves, rows)


def _document(artefact: bytes) -> ModelArtefact:
    if len(artefact) > ARTEFACT_BYTES_MAX:
        raise ArtefactError(f"{len(artefact):,} bytes; a model artefact has at most {ARTEFACT_BYTES_MAX:,}")
    _check_nesting(artefact)
    try:
        return msgspec.json.decode(artefact, type=ModelArtefact)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(f"the model artefact is not of format 1: {error}") from None


def _check_nesting(artefact: bytes) -> None:
    depth = 0
    for match in _BRACKETS.finditer(artefact):
        mark = artefact[match.start()]
        depth += (mark in b"[{") - (mark in b"]}")
        if depth > NESTING_MAX:
            raise ArtefactError(f"the model artefact is nested deeper than {NESTING_MAX} levels")


def _positions(features: Sequence[str], names: Sequence[str]) -> list[int]:
    position = {name: i for i, name in enumerate(names)}
    missing = [feature for feature in features if feature not in position]
    if missing:
        names_shown = ", ".join(name[:64] for name in missing[:5])
        raise ArtefactError(
            f"the model needs {len(missing)} features that the catalogue lacks: {names_shown}"
        )
    return [position[feature] for feature in features]


def _checked(document: ModelArtefact) -> TextModel:
    try:
        model = read_text(document.booster)
        check_model(model, len(document.features))
    except (UnreadableTextError, UnsoundModelError) as error:
        raise ArtefactError(f"the booster: {error}") from None
    return model


def _booster(model: TextModel, features: int) -> Booster:
    try:
        return Booster(checked_text(model, features))
    except LibraryError as error:
        raise ArtefactError(f"LightGBM cannot read the booster: {error}") from None


def _checked_tables(
    model: TextModel, booster: Booster, trees: WalkedTrees, positions: list[int], columns: int
) -> LeafMaskTables | None:
    """Tables for the kernel; None where it does not cover the model, or it or the walk along the trees
    differs from LightGBM on a probe.
    """
    try:
        tables = pack(model, positions)
    except NotPackable:
        return None
    matrix = _probes(tables, columns)
    expected = booster.raw_scores(matrix[:, positions])
    # In batches of every size the kernel has its own code for; it is compiled here, before the first payment.
    shape = (len(trees.roots), PROBES)
    leaves, walked = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    scores = [raw_scores(tables, matrix[at : at + rows], leaves[:, at : at + rows]) for at, rows in _BATCHES]
    is_equal = np.array_equal(np.concatenate(scores), expected)
    is_equal = is_equal and np.array_equal(walk(trees, matrix, walked), expected)
    return tables if is_equal and np.array_equal(leaves, walked) else None


def _probes(tables: LeafMaskTables, columns: int) -> NDArray[np.float64]:
    """Rows on thresholds, on their neighbours, and on every kind of unusual value."""
    draw = np.random.default_rng(20_190_101)
    unusual = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-34, 5e-324, 1e300, -1e300, np.inf, -np.inf])
    matrix = draw.choice(unusual, (PROBES, columns))
    for u, column in enumerate(tables.feature):
        own = tables.thresholds[tables.first_threshold[u] : tables.first_threshold[u + 1]]
        with np.errstate(over="ignore"):  # the neighbour of the largest number is infinite
            near = np.concatenate([own, np.nextafter(own, np.inf), np.nextafter(own, -np.inf)])
        rows = draw.random(PROBES) < 0.8
        matrix[rows, column] = draw.choice(near, int(rows.sum()))
    return matrix
