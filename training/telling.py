"""The features that say something: those that vary, each only once.

Many are constant in a set without devices or addresses, and where one entity stands for another (a card for
its customer) two have the same values throughout: trees would spend time on both, and share the gain at
random.
"""

import numpy as np
import xxhash
from numpy.typing import NDArray

from training.errors import NotTrainable
from training.history import History

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def telling_matrix(history: History, rows: Indices) -> tuple[tuple[str, ...], Floats]:
    """Names and vectors (rows, names) of the features that say something in these rows (ascending). The
    vectors are read twice, so that only what is kept is held. Raises `NotTrainable`.
    """
    kept = _telling(history, rows)
    every = (*history.names, *history.extra_names)
    matrix = np.empty((len(rows), len(kept)))
    start = 0
    for block in history.vectors(rows):
        matrix[start : start + len(block)] = block[:, kept]
        start += len(block)
    return tuple(every[at] for at in kept), matrix


def _telling(history: History, rows: Indices) -> list[int]:
    """Places of the features that vary and were not there before under another name."""
    width = len(history.names) + len(history.extra_names)
    varies = np.zeros(width, np.bool_)
    contents = [xxhash.xxh3_128() for _ in range(width)]
    first: Floats | None = None
    for block in history.vectors(rows):
        first = block[0].copy() if first is None else first
        columns = np.ascontiguousarray(block.T)
        for at in range(width):
            same = np.isnan(columns[at]) if np.isnan(first[at]) else columns[at] == first[at]
            varies[at] |= not same.all()
            contents[at].update(columns[at])
    seen: dict[bytes, int] = {}
    kept = [at for at in range(width) if varies[at] and seen.setdefault(contents[at].digest(), at) == at]
    if not kept:
        raise NotTrainable(f"none of the {width} features varies among {len(rows):,} payments")
    return kept
