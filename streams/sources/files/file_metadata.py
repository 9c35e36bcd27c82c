"""Which metadata of a file are numbers: they can be features in addition to the catalogue's own."""

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Final

import msgspec

from features.catalogue import is_key, number_of
from models.messages import Scalar
from streams.sources.files import tables
from streams.sources.files.mapping import map_rows
from streams.sources.files.replay_map import ReplayMap

ROWS: Final = 10_000
"""Rows looked at."""


def numeric_keys(path: Path, replay_map: ReplayMap, rows: int = ROWS) -> tuple[str, ...]:
    """The map's metadata keys that can be features, in its order: more numbers than other values in the first
    `rows` of the file. A key that is no word of a-z, 0-9 and _ is none of them.
    """
    keys = [key for key in replay_map.metadata or () if is_key(key)]
    balance = dict.fromkeys(keys, 0)
    if keys:
        for metadata in _metadata(path, replay_map, rows):
            for key in keys:
                if metadata[key] is not None:
                    balance[key] += -1 if isnan(number_of(metadata[key])) else 1
    return tuple(key for key in keys if balance[key] > 0)


def _metadata(path: Path, replay_map: ReplayMap, rows: int) -> Iterator[dict[str, Scalar]]:
    unlabelled = msgspec.structs.replace(replay_map, label=None)
    for batch in tables.read(path, list(unlabelled.columns()), rows):
        yield from (payment.metadata or {} for payment in map_rows(batch.columns, unlabelled).payments)
