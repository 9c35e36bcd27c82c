"""The Feast repository of an installation: `HOME/feast` with its registry, offline vectors and online store.

Others open it with plain Feast (`FeatureStore(repo_path=HOME/feast)`): `feature_store.yaml` is written here.
Traps of Feast 0.67: its file offline store drops rows (duckdb is used, and a join that loses a row is an
error); its sqlite store lets an older event overwrite a newer one (`streams.feast.online` does not).
Importing Feast takes seconds: functions do it.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import yaml

from features.catalogue import Catalogue
from storage import StagedFile
from streams.errors import Damaged, Misconfigured
from streams.feast.definitions import definitions

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore

PROJECT = "tollgate"
_ROW = "tollgate_row"


class Repository:
    """One installation's repository. `online`: a Redis URL, empty for sqlite."""

    def __init__(self, folder: Path, online: str = "") -> None:
        self.folder = folder
        self._online = online

    @property
    def offline(self) -> Path:
        """Folder of the vectors' Parquet files."""
        return self.folder / "offline"

    def apply(self, catalogue: Catalogue, models: Mapping[str, Sequence[str]]) -> "FeatureStore":
        """Brings the repository in line with the catalogue: adds new definitions, removes old ones."""
        wanted = definitions(catalogue, models, self.offline)
        self.offline.mkdir(parents=True, exist_ok=True)
        self._write_configuration()
        with quiet():
            store = self.open()
            names = {(type(one).__name__, one.name) for one in wanted}
            registered: tuple[Any, ...] = (
                *store.list_feature_services(), *store.list_feature_views(), *store.list_entities(),
                *store.list_data_sources(),
            )  # fmt: skip
            gone = [one for one in registered if (type(one).__name__, one.name) not in names]
            gone = [one for one in gone if one.name != _DUMMY]
            store.apply(wanted, objects_to_delete=gone, partial=False)
        return store

    def open(self) -> "FeatureStore":
        """Raises `Misconfigured` when it was never applied."""
        from feast import FeatureStore

        if not (self.folder / "feature_store.yaml").is_file():
            raise Misconfigured(
                f"{self.folder} is no Feast repository yet: run `tollgate features feast apply`"
            )
        with quiet():
            return FeatureStore(repo_path=str(self.folder))

    def _write_configuration(self) -> None:
        """The file may hold Redis's password: it is the owner's to read."""
        document = {
            "project": PROJECT,
            "provider": "local",
            "registry": str(self.folder / "registry.db"),
            "offline_store": {"type": "duckdb"},
            "online_store": online_store(self._online, self.folder),
            "entity_key_serialization_version": 3,
        }
        with StagedFile(self.folder / "feature_store.yaml") as file:
            file.partial.touch(mode=0o600)
            file.partial.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


_DUMMY = "__dummy"
"""Feast's own entity for views without one."""


def online_store(url: str, folder: Path) -> dict[str, str]:
    """Feast's settings of the online store. Raises `Misconfigured` for what is no Redis URL.

    >>> online_store("redis://:secret@cache:6379/2", Path("/data"))
    {'type': 'redis', 'connection_string': 'cache:6379,db=2,password=secret'}
    >>> online_store("", Path("/data"))
    {'type': 'sqlite', 'path': '/data/online.db'}
    """
    if not url:
        return {"type": "sqlite", "path": str(folder / "online.db")}
    parts = urlsplit(url)
    if (
        parts.scheme not in ("redis", "rediss")
        or not parts.hostname
        or parts.path.strip("/").strip("0123456789")
    ):
        raise Misconfigured("TOLLGATE_FEAST_ONLINE is not like redis://:password@host:6379/0")
    settings = [f"{parts.hostname}:{parts.port or 6379}"]
    settings += [f"db={parts.path.strip('/')}"] if parts.path.strip("/") else []
    settings += [f"username={unquote(parts.username)}"] if parts.username else []
    settings += [f"password={unquote(parts.password)}"] if parts.password else []
    settings += ["ssl=true"] if parts.scheme == "rediss" else []
    return {"type": "redis", "connection_string": ",".join(settings)}


def point_in_time(store: "FeatureStore", rows: "pd.DataFrame", service: str) -> "pd.DataFrame":
    """`rows` (join keys, `event_timestamp`, anything else) with the service's features as they were then.

    Every row comes back once, in its order. Among values of one time the one logged last counts. Raises
    `Damaged` where Feast lost or doubled a row.
    """
    asked = rows.assign(**{_ROW: range(len(rows))})
    with quiet():
        found = store.get_historical_features(asked, store.get_feature_service(service)).to_df()
    found = found.sort_values(_ROW, ignore_index=True)
    if found[_ROW].tolist() != list(range(len(rows))):
        raise Damaged(f"Feast gave {len(found):,} rows for {len(rows):,}: some are lost or doubled")
    return found.drop(columns=_ROW)


@contextmanager
def quiet() -> Iterator[None]:
    """Feast and ibis use names that their libraries have deprecated: their concern, not our caller's."""
    with warnings.catch_warnings():
        for module in ("feast", "ibis"):
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=rf"{module}(\..*)?")
            warnings.filterwarnings("ignore", category=FutureWarning, module=rf"{module}(\..*)?")
        yield
