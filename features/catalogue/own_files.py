"""Users' own features: Python files that declare families, entities and measures in addition to the default.

    from features.catalogue import Family
    from features.catalogue.measures import PAYMENT_COUNT

    FAMILIES = (Family("email", PAYMENT_COUNT, ("3d",)),)

A file is run once, when a process starts, with all rights of that process: it is the operator's
code, not a stranger's configuration. It may also hold `ENTITIES`, and `METADATA`, keys of payments' metadata
that become columns (`features.catalogue.metadata`). What is wrong in it is refused before anything is
decided, with file, line and reason. Own features come after the default ones in the vector, keys of metadata
after the default attributes, in the order of the files. How a measure of your own is written:
docs/own-features.md.
"""

import keyword
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar

import numpy as np
import xxhash

from features.catalogue.catalogue import Catalogue
from features.catalogue.declaration import Entity, Family
from features.catalogue.families import CATALOGUE
from features.catalogue.measures import Tally
from features.catalogue.metadata import with_metadata
from features.columns import LABEL_CODES, OUTCOME_CODES, TOKENS, Events, Stream
from features.errors import CatalogueError
from models.rules import PAYMENT_COLUMNS

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_Declared = TypeVar("_Declared", Family, Entity)


def catalogue_of(files: Iterable[Path], default: Catalogue = CATALOGUE) -> Catalogue:
    """The default catalogue and what these files declare. Raises `CatalogueError` with file, line, reason."""
    entities: list[Entity] = list(default.by_name.values())
    families: list[Family] = []
    extended = default
    for file in files:
        module = _run(file)
        extended = _with_metadata(extended, file, module)
        entities += _declared(file, module, "ENTITIES", Entity)
        families += _declared(file, module, "FAMILIES", Family)
    for family in families:
        _check_wording(family)
        for tally in _tallies(family):
            _try_out(tally)
    catalogue = Catalogue(entities, (*default.families, *families), extended.attributes)
    _check_names(catalogue, len(default.families))
    _check_sources(catalogue)
    return catalogue


def _run(file: Path) -> ModuleType:
    """The file as a module. It is entered in `sys.modules`, where dataclasses and numba look for it."""
    name = f"own_features_{xxhash.xxh3_64_hexdigest(str(file).encode())}"
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    try:
        exec(_compiled(file), module.__dict__)
    except CatalogueError:
        raise
    except (Exception, SystemExit) as failure:
        place = _line_in(file, failure)
        raise CatalogueError(f"{place}: {type(failure).__name__}: {failure}") from failure
    return module


def _compiled(file: Path) -> CodeType:
    try:
        return compile(file.read_bytes(), str(file), "exec")
    except OSError as failure:
        raise CatalogueError(f"{file}: cannot be read: {failure.strerror}; correct the path") from failure
    except SyntaxError as failure:
        raise CatalogueError(f"{file}:{failure.lineno or 1}: not Python: {failure.msg}") from failure
    except ValueError as failure:
        raise CatalogueError(f"{file}:1: not Python: {failure}") from failure


def _line_in(file: Path, failure: BaseException) -> str:
    """The line of the file that was being run, not the one of a library it called."""
    lines = [f.lineno for f in traceback.extract_tb(failure.__traceback__) if f.filename == str(file)]
    return f"{file}:{lines[-1] if lines else 1}"


def _declared(file: Path, module: ModuleType, name: str, kind: type[_Declared]) -> Sequence[_Declared]:
    found = getattr(module, name, None)
    if found is None:
        if name == "FAMILIES" and not hasattr(module, "METADATA"):
            raise CatalogueError(
                f"{file}:1: declares no FAMILIES and no METADATA; give a tuple of "
                "features.catalogue.Family, or of metadata keys"
            )
        return ()
    if not isinstance(found, tuple | list):
        raise CatalogueError(f"{_line_of(file, name)}: {name} is {found!r}, not a tuple of {kind.__name__}")
    for at, one in enumerate(found):
        if not isinstance(one, kind):
            raise CatalogueError(f"{_line_of(file, name)}: {name}[{at}] is {one!r}, not a {kind.__name__}")
    return found


def _with_metadata(catalogue: Catalogue, file: Path, module: ModuleType) -> Catalogue:
    found = getattr(module, "METADATA", ())
    where = _line_of(file, "METADATA")
    if not isinstance(found, tuple | list):
        raise CatalogueError(f'{where}: METADATA is {found!r}, not a tuple of keys such as ("basket_items",)')
    try:
        return with_metadata(catalogue, found)
    except CatalogueError as error:
        raise CatalogueError(f"{where}: {error}") from error


def _line_of(file: Path, name: str) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    pattern = re.compile(rf"{name}\b\s*(:|\+?=)")
    found = [number for number, line in enumerate(lines, 1) if pattern.match(line)]
    return f"{file}:{found[-1] if found else 1}"


def _check_wording(family: Family) -> None:
    """Name, unit and meaning may hold `{entity}`, `{window}` and `{others}`, nothing else in braces."""
    fields = {"entity": "card", "window": "1h", "others": "devices"}
    for what in ("name", "unit", "meaning"):
        text = getattr(family.measure, what, "")
        where = getattr(family.measure, "where", family.where)
        try:
            text.format(**fields)
        except (KeyError, IndexError, ValueError, AttributeError) as failure:
            raise CatalogueError(
                f"{where}: the measure's {what} {text!r} cannot be filled in ({failure!r}); use "
                "{entity}, {window} and {others} only"
            ) from failure


def _tallies(family: Family) -> list[Tally]:
    measure = family.measure
    pair = (getattr(measure, "tally", None), getattr(measure, "over", None))
    return [tally for tally in pair if isinstance(tally, Tally) and not _is_ours(tally)]


def _is_ours(tally: Tally) -> bool:
    return Path(tally.where.rpartition(":")[0]).parent == Path(__file__).parent


def _try_out(tally: Tally) -> None:
    """Runs a tally over a few rows: a function that fails or counts wrongly must not reach the engine."""
    rows = _rows()
    values = _values(tally, rows)
    allowed = (values >= 0) & (values <= tally.maximum)
    if not allowed.all():
        raise CatalogueError(
            f"{tally.where}: tally {tally.name!r} gives {int(values[~allowed][0])}, outside its "
            f"0..{tally.maximum}"
        )
    alone = [_values(tally, _one(rows, row))[0] for row in range(len(values))]
    if values.tolist() != alone:
        raise CatalogueError(
            f"{tally.where}: tally {tally.name!r} gives a row another value among other rows than alone; it "
            "must depend on the row only"
        )


def _values(tally: Tally, rows: Events) -> np.ndarray:
    try:
        values = tally.of(rows)
    except Exception as failure:
        reason = str(failure).strip().splitlines()[0] if str(failure).strip() else ""
        raise CatalogueError(
            f"{tally.where}: tally {tally.name!r} fails: {type(failure).__name__}: {reason}"
        ) from failure
    if not isinstance(values, np.ndarray) or values.dtype != np.int64 or values.shape != rows.at.shape:
        shown = f"{values.dtype}{list(values.shape)}" if isinstance(values, np.ndarray) else repr(values)
        raise CatalogueError(
            f"{tally.where}: tally {tally.name!r} gives {shown}, not one int64 a row: int64[{len(rows.at)}]"
        )
    return values


def _rows() -> Events:
    """Every code of every stream, at times and amounts that differ."""
    codes = [(Stream.ATTEMPT, 0)] * 8
    codes += [(Stream.OUTCOME, code) for code in OUTCOME_CODES.values()]
    codes += [(Stream.LABEL, code) for code in LABEL_CODES.values()]
    count = len(codes)
    rows = Events.empty(count)
    rows.at[:] = 1_700_000_000_000 + np.arange(count) * 3_600_123
    rows.occurred_at[:] = rows.at
    rows.stream[:], rows.code[:] = np.array(codes, np.int64).T
    rows.amount[:] = np.array([0, 1, 199, 200, 10_000, 99_999, 2**40, 12_345])[np.arange(count) % 8]
    rows.tokens[:] = (np.arange(len(TOKENS) * count) % 5).reshape(len(TOKENS), count)
    return rows


def _one(rows: Events, row: int) -> Events:
    columns: Any = (np.ascontiguousarray(column[..., row : row + 1]) for column in rows)
    return Events(*columns)


def _check_names(catalogue: Catalogue, own_from: int) -> None:
    """Rules name features and fields of the payment alike: their names must differ."""
    declared = [(family, len(family.windows)) for family in catalogue.families]
    places = [family.where for family, windows in declared for _ in range(windows)]
    first = sum(windows for _, windows in declared[:own_from])
    for where, feature in list(zip(places, catalogue.features, strict=True))[first:]:
        name = feature.name
        if not _NAME.fullmatch(name) or keyword.iskeyword(name):
            raise CatalogueError(f"{where}: feature name {name!r} is not a word of a-z, 0-9 and _ in rules")
        if name in PAYMENT_COLUMNS:
            raise CatalogueError(
                f"{where}: feature name {name!r} is a payment's field in rules; choose another"
            )


def _check_sources(catalogue: Catalogue) -> None:
    """The hash of the catalogue covers the source of every tally: one without source has no version."""
    try:
        assert catalogue.schema_hash
    except (OSError, TypeError) as failure:
        raise CatalogueError(
            f"a tally's function has no source that could be hashed ({failure}); write it with def or lambda "
            "in the file that declares it"
        ) from failure
