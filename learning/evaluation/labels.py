"""Labels in another file than the payments, in whichever form they come.

Either `payment_id` and `label` (and `known_at`, if it is given there), the id as the map makes it or as the
payments' file itself has it; or the very columns that the map reads id and label from.
"""

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from storage import StagedFile
from streams.errors import Misconfigured
from streams.sources.files import ReplayMap, label_values, pieces, tables, texts
from training.dataset import sha256_of

KNOWN_AT: Final = "known_at"


def as_label_file(path: Path, replay_map: ReplayMap, folder: Path) -> Path:
    """A file of labels by the payments' ids: `path` itself, or what is made of it under `folder`. Raises
    `Misconfigured` where it is neither form.
    """
    present = set(tables.column_names(path))
    if {"payment_id", "label"} <= present:
        around = _constants(replay_map)
        if around is None or not _are_bare(path, around):
            return path
        return _written(path, folder, lambda columns: _wrapped(columns, around))
    label = replay_map.label
    wanted = set() if label is None else {label.column, *_id_columns(replay_map)}
    if label is None or not wanted <= present:
        names = f" ({', '.join(sorted(wanted))})" if wanted else ""
        raise Misconfigured(
            f"{path} has neither `payment_id` and `label` nor the columns that the map reads them from"
            f"{names}; its columns are {', '.join(sorted(present))}"
        )
    columns = sorted(wanted | ({KNOWN_AT} & present))
    return _written(path, folder, lambda read: _mapped(read, replay_map), columns)


def _id_columns(replay_map: ReplayMap) -> list[str]:
    template = replay_map.payment_id
    return pieces(template)[1::2] if isinstance(template, str) else [template.column]


def _constants(replay_map: ReplayMap) -> tuple[str, str] | None:
    """What the map puts before and after a single column; None where it adds nothing, or is not so simple."""
    template = replay_map.payment_id
    parts = pieces(template) if isinstance(template, str) else []
    return (parts[0], parts[2]) if len(parts) == 3 and (parts[0] or parts[2]) else None


def _are_bare(path: Path, around: tuple[str, str]) -> bool:
    """Whether ids lack what the map puts around them, by the first batch."""
    for rows in tables.read(path, ["payment_id"]):
        ids = [one for one in texts(rows.columns, "{payment_id}") if one is not None]
        return not any(one.startswith(around[0]) and one.endswith(around[1]) for one in ids)
    return False


def _wrapped(columns: pa.RecordBatch, around: tuple[str, str]) -> dict[str, Any]:
    ids = [None if one is None else f"{around[0]}{one}{around[1]}" for one in texts(columns, "{payment_id}")]
    kept = {name: columns[name] for name in columns.schema.names if name in ("label", KNOWN_AT)}
    return {"payment_id": ids, **kept}


def _mapped(columns: pa.RecordBatch, replay_map: ReplayMap) -> dict[str, Any]:
    assert replay_map.label is not None
    ids, values = texts(columns, replay_map.payment_id), label_values(columns, replay_map.label)
    labelled = pa.array([value is not None for value in values])
    found = {"payment_id": pa.array(ids, pa.string()), "label": pa.array(values, pa.string())}
    found |= {name: columns[name] for name in columns.schema.names if name == KNOWN_AT}
    return {name: column.filter(labelled) for name, column in found.items()}


def _written(path: Path, folder: Path, made: Any, columns: list[str] | None = None) -> Path:
    """The label file made of `path`, kept by its content."""
    out = folder / f"{path.stem}-{sha256_of(path)[:16]}.parquet"
    wanted = columns or [n for n in ("payment_id", "label", KNOWN_AT) if n in tables.column_names(path)]
    parts = [pa.table(made(rows.columns)) for rows in tables.read(path, wanted)]
    folder.mkdir(parents=True, exist_ok=True)
    with StagedFile(out) as file:
        pq.write_table(pa.concat_tables(parts), file.partial)
    return out
