"""Some recorded payments with the features that are asked for: what strategies and tallies run over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.backtest.cases.label_history import LabelHistory

METADATA_PREFIX: Final = "metadata."
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class CaseBlock:
    """n payments: `cases` with columns of `case_file.SCHEMA`, `features` float64, NaN unknown."""

    cases: pa.RecordBatch
    features: Mapping[str, NDArray[np.float64]]

    @property
    def n(self) -> int:
        """How many payments."""
        return int(self.cases.num_rows)

    @cached_property
    def times(self) -> NDArray[np.int64]:
        """Engine times, ms."""
        return self.integers("engine_time")

    @property
    def labels(self) -> LabelHistory:
        """What the payments were labelled, and when."""
        return LabelHistory.from_arrow(self.cases["labels"])

    def integers(self, name: str) -> NDArray[Any]:
        """A column of whole numbers or booleans that is never null."""
        values: NDArray[Any] = self.cases[name].to_numpy(zero_copy_only=False)
        return values

    def column(self, name: str) -> NDArray[Any]:
        """A column as rules read it: numbers, objects (None where missing), or values of metadata."""
        if name in self.features:
            return self.features[name]
        if name.startswith(METADATA_PREFIX):
            return self._metadata(name.removeprefix(METADATA_PREFIX))
        array = self.cases[name]
        if pa.types.is_dictionary(array.type):
            return _taken(array.dictionary.to_pylist(), array)
        values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
        return values if values.dtype != np.float64 or array.null_count == 0 else _with_nan(array)

    def any_of(self, name: str, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Where a text column is one of these."""
        array = self.cases[name]
        among = _taken([text in texts for text in array.dictionary.to_pylist()], array, False)
        return among.astype(np.bool_)

    def mapped(self, name: str, number: Callable[[str], float]) -> NDArray[np.float64]:
        """A number for each text of a column; NaN where it is missing."""
        array = self.cases[name]
        numbers = _taken([number(text) for text in array.dictionary.to_pylist()], array, np.nan)
        return numbers.astype(np.float64)

    def is_null(self, name: str) -> NDArray[np.bool_]:
        """Where a column is missing."""
        null: NDArray[np.bool_] = self.cases[name].is_null().to_numpy(zero_copy_only=False)
        return null

    def is_true(self, name: str) -> NDArray[np.bool_]:
        """Where a column of booleans is true; missing is not."""
        true: NDArray[np.bool_] = self.cases[name].fill_null(False).to_numpy(zero_copy_only=False)
        return true

    def _metadata(self, key: str) -> NDArray[Any]:
        array = self.cases["metadata"]
        return _taken([_decode(text).get(key) for text in array.dictionary.to_pylist()], array)


def _with_nan(array: Any) -> NDArray[np.float64]:
    values: NDArray[np.float64] = array.fill_null(float("nan")).to_numpy(zero_copy_only=False)
    return values


def _taken(values: Sequence[Any], array: Any, missing: Any = None) -> NDArray[Any]:
    """The value of each row of a dictionary array, given the values of its dictionary."""
    known = np.empty(len(values) + 1, object)
    known[:-1], known[-1] = values, missing
    rows: NDArray[Any] = known[array.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)]
    return rows
