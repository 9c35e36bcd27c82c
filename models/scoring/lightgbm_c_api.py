"""LightGBM's own prediction by its C API, without importing its Python package.

The package brings pandas, scikit-learn and more along where they are installed: seconds at every start of
an engine. The shared library inside it is all that scoring needs. Thread-safe for prediction; one thread is
used.
"""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

FLOAT64: Final = 1
RAW_SCORE: Final = 1
_PARAMETERS: Final = b"num_threads=1 verbosity=-1"
_Log = ctypes.CFUNCTYPE(None, ctypes.c_char_p)


class LibraryError(ValueError):
    """LightGBM refused; the message is its own."""


class Booster:
    """A model loaded from LightGBM's native text. Raises `LibraryError`.

    Invariant: LightGBM writes no more numbers than there is room for; how many it will write is asked first.
    """

    def __init__(self, text: str) -> None:
        """Load the model; `text` comes from `models.scoring.checked_text`: LightGBM does not survive all
        others.
        """
        self._library = _library()
        self._handle = ctypes.c_void_p()
        _check(
            self._library.LGBM_BoosterLoadModelFromString(
                text.encode(), ctypes.byref(ctypes.c_int()), ctypes.byref(self._handle)
            )
        )

    def __del__(self) -> None:
        if self._handle:
            self._library.LGBM_BoosterFree(self._handle)

    def feature_count(self) -> int:
        """How many columns a row has."""
        count = ctypes.c_int()
        _check(self._library.LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(count)))
        return count.value

    def raw_scores(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores of the rows of `matrix` (n, features)."""
        rows = np.ascontiguousarray(matrix, np.float64)
        out, written = np.empty(len(rows)), ctypes.c_int64()
        if len(rows) == 0:
            return out
        self._check_room(len(out))
        _check(
            self._library.LGBM_BoosterPredictForMat(
                self._handle,
                rows.ctypes.data_as(ctypes.c_void_p),
                FLOAT64,
                ctypes.c_int32(rows.shape[0]),
                ctypes.c_int32(rows.shape[1]),
                1,
                RAW_SCORE,
                0,
                -1,
                _PARAMETERS,
                ctypes.byref(written),
                out.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
            )
        )
        assert written.value == len(out)
        return out

    def _check_room(self, rows: int) -> None:
        count = ctypes.c_int64()
        _check(
            self._library.LGBM_BoosterCalcNumPredict(
                self._handle, ctypes.c_int(rows), RAW_SCORE, 0, -1, ctypes.byref(count)
            )
        )
        if count.value != rows:
            raise LibraryError(f"{count.value} scores for {rows} rows: a model of several classes")


def _check(status: int) -> None:
    if status != 0:
        raise LibraryError(_library().LGBM_GetLastError().decode(errors="replace"))


@cache
def _library() -> ctypes.CDLL:
    spec = find_spec("lightgbm")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("LightGBM is not installed; it is one of the engine's dependencies")
    root = Path(spec.submodule_search_locations[0])
    libraries = [
        path for path in sorted((root / "lib").iterdir()) if path.suffix in {".so", ".dylib", ".dll"}
    ]
    if not libraries:
        raise ImportError(f"LightGBM's shared library is not in {root / 'lib'}; reinstall LightGBM")
    library = ctypes.CDLL(str(libraries[0]))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library
