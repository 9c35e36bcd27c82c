"""The features that say something: those that vary, each only once.

Many are constant in a set without devices or addresses, and where one entity stands for another (a card for
its customer) two have the same values throughout: trees would spend time on both, and share the gain at
random.
"""

from collections.abc import Iterable

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.arrays import Floats
from training.dataset import PaymentHistory
from training.errors import NotTrainable

Indices = NDArray[np.int64]


def informative_matrix(history: PaymentHistory, rows: Indices, by: Indices) -> tuple[tuple[str, ...], Floats]:
    """Names and vectors (rows, names) of the features that say something in the rows `by` (both ascending).
    Those are read twice, so that only what is kept is held. Raises `NotTrainable`.
    """
    kept = informative_columns(len(history.names), history.vectors(by))
    matrix = np.empty((len(rows), len(kept)))
    start = 0
    for block in history.vectors(rows):
        matrix[start : start + len(block)] = block[:, kept]
        start += len(block)
    return tuple(history.names[at] for at in kept), matrix


def informative_columns(width: int, blocks: Iterable[Floats]) -> list[int]:
    """Places of the features that vary and were not there before under another name, of vectors (n, width) in
    blocks. Raises `NotTrainable` where there is none.
    """
    varies, rows = np.zeros(width, np.bool_), 0
    contents = [xxhash.xxh3_128() for _ in range(width)]
    first: Floats | None = None
    for block in blocks:
        first = block[0].copy() if first is None else first
        rows += len(block)
        columns = np.ascontiguousarray(block.T)
        for at in range(width):
            same = np.isnan(columns[at]) if np.isnan(first[at]) else columns[at] == first[at]
            varies[at] |= not same.all()
            contents[at].update(columns[at])
    seen: dict[bytes, int] = {}
    kept = [at for at in range(width) if varies[at] and seen.setdefault(contents[at].digest(), at) == at]
    if not kept:
        raise NotTrainable(
            f"none of the {width} features varies among {rows:,} payments: are these vectors of these "
            "payments?"
        )
    return kept
