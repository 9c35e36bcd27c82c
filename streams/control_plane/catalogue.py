"""The catalogue in use: the one Tollgate comes with, and the files of TOLLGATE_FEATURES if there are any.

Invariant: every command takes the catalogue from here, so that engine, follower, sinks, history and docs of
one set of settings agree on names, order and meaning of a vector.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from features.catalogue import CATALOGUE, PREFIX, Catalogue, catalogue_of, with_metadata
from features.errors import CatalogueError
from streams.errors import Misconfigured
from streams.settings import Settings


class CatalogueRefused(Misconfigured):
    """A declaration of features that contradicts itself: names file, line and reason; exit code 2."""

    exit_code = 2


def in_use(settings: Settings) -> Catalogue:
    """The catalogue of these settings; files are run once a process. Raises `CatalogueRefused`."""
    return _with(settings.feature_files) if settings.feature_files else CATALOGUE


def catalogue_with_metadata(catalogue: Catalogue, keys: Iterable[str]) -> Catalogue:
    """The catalogue with these keys of payments' metadata as columns; those it has already stay once. For
    an evaluation of a file whose map names them. Raises `CatalogueRefused`.
    """
    new = [key for key in keys if f"{PREFIX}{key}" not in catalogue.names]
    try:
        return with_metadata(catalogue, new)
    except CatalogueError as error:
        raise CatalogueRefused(str(error)) from error


@lru_cache(maxsize=8)
def _with(files: tuple[Path, ...]) -> Catalogue:
    try:
        return catalogue_of(files)
    except CatalogueError as error:
        raise CatalogueRefused(f"{error} (TOLLGATE_FEATURES)") from error
