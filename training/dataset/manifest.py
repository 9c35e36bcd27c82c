"""`manifest.json`: what a data set was made of, what is in it, and the hash that says it is unchanged."""

import hashlib
from pathlib import Path
from typing import Final, Literal

import msgspec

from storage import write_atomically
from training.dataset.settings import DatasetSettings
from training.errors import DatasetDamaged, DatasetError

NAME: Final = "manifest.json"
_CHUNK: Final = 1 << 22


class HoldoutCounts(msgspec.Struct, frozen=True):
    """Payments that only the random draw let through: how many were weighted, how many were cut at `most`."""

    weighted: int
    capped: int
    most: float


class SamplingCounts(msgspec.Struct, frozen=True):
    """Share of negatives kept before `whole_from` (ms), and how many rows were left out by it."""

    negatives: float
    whole_from: int
    left_out: int


class DatasetManifest(msgspec.Struct, frozen=True, kw_only=True):
    """All of a data set but its rows. `start`, `end`, `as_of` are UTC ms.

    `rows` by label (`fraud`, `legitimate`, `none`) and `sources` by what each label rests on. `prior`:
    weighted share of fraud among labelled payments before negatives were sampled. `maturity`: (age in days,
    weight of silence). `evidence`: what became of every label that was not used, `parked` by reason; the
    parked ones are in `parked.parquet`. `inputs`: sha256 of what was read, by name.
    """

    format: Literal[1] = 1
    as_of: int
    start: int
    end: int
    catalogue_hash: str
    features: tuple[str, ...]
    extra_features: tuple[str, ...] = ()
    rows: dict[str, int]
    sources: dict[str, int]
    prior: float | None
    maturity: tuple[tuple[float, float], ...]
    sampling: SamplingCounts
    holdout: HoldoutCounts
    evidence: dict[str, int]
    parked: dict[str, int]
    settings: DatasetSettings
    inputs: dict[str, str]
    sha256: str

    def write(self, folder: Path) -> None:
        """Written last: a folder without a manifest is no data set."""
        content = msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"
        write_atomically(folder / NAME, content, durable=True)

    @classmethod
    def read(cls, folder: Path) -> "DatasetManifest":
        """Raises `DatasetError` where there is none, `DatasetDamaged` where it cannot be read."""
        try:
            return msgspec.json.decode((folder / NAME).read_bytes(), type=cls)
        except OSError as error:
            raise DatasetError(
                f"{folder} is no data set: {error.strerror or error} ({NAME}); make one with `tollgate "
                "dataset`"
            ) from error
        except msgspec.MsgspecError as error:
            raise DatasetDamaged(f"{folder / NAME} cannot be read: {error}; rebuild the data set") from error


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
