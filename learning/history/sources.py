"""Where a data set's payments come from, and which settings fit them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyarrow.compute as pc

from features.catalogue import Catalogue
from learning.history.engine_history import EngineHistory, from_engine
from learning.history.feast_features import FeastJoin, joined
from learning.history.file_history import FileHistory, PaymentFile, computed, from_file
from streams.control_plane import in_use
from streams.errors import Misconfigured
from streams.settings import Settings
from streams.sources.files import load
from streams.sources.vectors import Progress, reference_tables
from training.dataset import DatasetSettings, PaymentHistory, column

Say = Callable[[str], None]
Silence = Literal["auto", "captured", "passed", "never"]
LEGITIMATE: Final = "legitimate"


@dataclass(frozen=True)
class HistoryOrigin:
    """One of: an engine's archives; a file of payments with its map, and what else belongs to it."""

    engine: str | None = None
    payments: Path | None = None
    map_name: str | None = None
    labels: Path | None = None
    delay_ms: int | None = None
    limit: int | None = None
    vectors: Path | None = None
    tables: tuple[tuple[str, Path], ...] = ()
    feast: FeastJoin | None = None

    @property
    def name(self) -> str:
        """What data sets made of it are called."""
        return self.engine if self.engine else Path(self.map_name or "none").stem


def history_of(
    origin: HistoryOrigin, settings: Settings, say: Say = lambda _: None, progress: Progress = lambda *_: None
) -> PaymentHistory:
    """The payments with their vectors and all that is known of them. Raises `TollgateError`."""
    if (origin.engine is None) == (origin.payments is None):
        raise Misconfigured("give either --engine, or --payments with --map")
    catalogue = in_use(settings)
    found: EngineHistory | FileHistory
    if origin.engine is not None:
        found = from_engine(settings, origin.engine, say, with_tokens=origin.feast is not None)
    else:
        found = _of_file(origin, settings, catalogue, say, progress)
    return found if origin.feast is None else joined(found, origin.feast, catalogue)


def _of_file(
    origin: HistoryOrigin, settings: Settings, catalogue: Catalogue, say: Say, progress: Progress
) -> FileHistory:
    if origin.map_name is None:
        raise Misconfigured(
            "--payments needs --map: the name of a map that comes with Tollgate, or a YAML file"
        )
    assert origin.payments is not None
    replay_map = load(origin.map_name)
    if origin.labels is None and replay_map.label is None:
        raise Misconfigured(f"the map {origin.map_name} names no label column: give --labels FILE")
    file = PaymentFile(
        origin.payments, replay_map, origin.labels, origin.delay_ms, origin.limit, origin.tables
    )  # fmt: skip
    reference = reference_tables(origin.tables)
    vectors = origin.vectors
    if vectors is None:
        say(f"vectors of {origin.payments}, computed once under {settings.home / 'training' / 'vectors'}")
        vectors = computed(file, settings.home / "training" / "vectors", catalogue, reference, progress)
    return from_file(file, vectors, catalogue, reference, with_tokens=origin.feast is not None)


def fitting_silence(
    history: PaymentHistory, wanted: Silence, has_outcomes: bool
) -> Literal["captured", "passed", "never"]:
    """What silence means where nothing else is asked for.

    An engine's payments have outcomes: only captured ones count. A file has none: where its labels say
    legitimate as well as fraud they say everything, and silence nothing; where they name frauds only, silent
    payments were let through.
    """
    if wanted != "auto":
        return wanted
    if has_outcomes:
        return "captured"
    stated = pc.any(pc.equal(history.evidence["label"], LEGITIMATE)).as_py()
    return "never" if stated else "passed"


def last_day(history: PaymentHistory) -> int:
    """The time (ms) of the last payment: on which day a data set is made where none is given."""
    times = column(history.attempts, "occurred_at")
    return int(times[-1]) if len(times) else 0


def dataset_settings(
    history: PaymentHistory, origin: HistoryOrigin, silence: Silence, as_of: int | None, **more: object
) -> DatasetSettings:
    """Settings that fit the history."""
    as_of = last_day(history) if as_of is None else as_of
    means = fitting_silence(history, silence, origin.engine is not None)
    return DatasetSettings(as_of=as_of, silence=means, **more)  # type: ignore[arg-type]
