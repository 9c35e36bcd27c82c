"""Models that may go live, in MLflow's model registry: one registered model an engine, `tollgate-ENGINE`,
with the aliases `champion` (what judges) and `challenger` (what wants to).

Invariants:

* A version is there only when its artefact and all that belongs to it are stored: files first, the version
  last. A run that died halfway has no version.
* MLflow's database gives out the numbers in a transaction; what collides is tried again. Two registrations at
  once are two versions. The same bytes are one version: `register` finds them. Where both come at the very
  same moment they may get a number each; both name the same bytes, and the first is used from then on.
* The engine's log says what judges; the aliases follow it (`learning.commands.promote`).

By default a sqlite file and a folder of artefacts under HOME/mlflow, or a tracking server by its address.
MLflow's server has no authentication: anyone who reaches it can move an alias or replace a file, so put it
behind a proxy that authenticates. What is read back is checked against the SHA-256 of its version, and
nothing goes live by an alias alone.

MLflow is imported when first used (seconds), with its telemetry off.
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, ParamSpec, Self, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from training.errors import RegistryError, RegistryUnreachable

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

ARTEFACT: Final = "model.json"
GATES: Final = "gates.json"
"""What the gates said of a version the last time they were asked."""
TRY_FOR_S: Final = 20.0
_QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""The first is what MLflow 3.17 reads; the second is read by it and by what it brings along."""

_PATIENCE: Final = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""Where nothing else is set: MLflow's own are minutes."""

_LIVE: Final = "live_at_offset_"
_PASSWORD: Final = re.compile(r"(://[^/\s:@]*):[^/\s]*@")

Alias = Literal["champion", "challenger"]
Answer = TypeVar("Answer")
Arguments = ParamSpec("Arguments")


@dataclass(frozen=True)
class RegisteredVersion:
    """A version: `sha256` of its artefact, `dataset` the hash of what it learned from, `at` in ms."""

    version: int
    sha256: str
    dataset: str
    at: int
    aliases: tuple[str, ...]
    run_id: str
    deployments: tuple["Deployment", ...] = ()


@dataclass(frozen=True)
class Deployment:
    """That a version went live by the control at `offset` of the engine's `controls`, at `at` (ms)."""

    offset: int
    at: int
    author: str
    reason: str


class Registry:
    """The registered model of one engine. Raises `RegistryError` and `RegistryUnreachable`."""

    def __init__(self, client: "MlflowClient", name: str, artifacts: str | None) -> None:
        """Use `open`."""
        self._client, self.name, self._artifacts = client, name, artifacts

    @classmethod
    def open(cls, engine: str, folder: Path, uri: str = "") -> Self:
        """The registry under `folder`, made when first used, or that of the server at `uri`."""
        if not uri:
            folder.mkdir(parents=True, exist_ok=True)
        client = _mlflow_client(uri or f"sqlite:///{folder / 'mlflow.db'}")
        return cls(client, f"tollgate-{engine}", None if uri else (folder / "artifacts").as_uri())

    def register(
        self,
        artefact: bytes,
        dataset: str,
        metrics: Mapping[str, float],
        files: Mapping[str, bytes] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> RegisteredVersion:
        """The version of these bytes; where they are new, it is made of them, with `files` (report, card ...)
        by name.
        """
        sha256 = hashlib.sha256(artefact).hexdigest()
        return self.found(sha256) or self._made(
            {ARTEFACT: artefact, **(files or {})},
            {"sha256": sha256, "dataset": dataset},
            metrics,
            params or {},
        )

    def found(self, sha256: str) -> RegisteredVersion | None:
        """The first version of these bytes."""
        return next(iter(self._search(f"name='{self.name}' and tags.sha256='{sha256}'")), None)

    def versions(self) -> list[RegisteredVersion]:
        """All versions, oldest first."""
        return self._search(f"name='{self.name}'")

    def version(self, number: int) -> RegisteredVersion:
        """One version by its number. Raises `RegistryError` where there is none."""
        return _registered(_retried(self._client.get_model_version, self.name, str(number)))

    def aliased(self, alias: Alias) -> RegisteredVersion | None:
        """The version the alias points at; None without one."""
        with _unless("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return _registered(_retried(self._client.get_model_version_by_alias, self.name, alias))
        return None

    def artefact(self, version: RegisteredVersion) -> bytes:
        """The bytes of a version. Raises `RegistryError` where they are not those that were registered."""
        with tempfile.TemporaryDirectory() as folder:
            path = _retried(self._client.download_artifacts, version.run_id, ARTEFACT, folder)
            content = Path(path).read_bytes()
        if hashlib.sha256(content).hexdigest() != version.sha256:
            raise RegistryError(
                f"{ARTEFACT} of version {version.version} of {self.name} is not what was registered (SHA-256 "
                f"{version.sha256[:16]}): it was changed afterwards. Train and register again"
            )
        return content

    def put_file(self, version: RegisteredVersion, name: str, content: bytes) -> None:
        """Puts a file beside a version's, or in the place of an older one of that name: `GATES`."""
        self._store(version.run_id, {name: content})

    def file(self, version: RegisteredVersion, name: str) -> bytes | None:
        """A file that belongs to a version, as it lies there: nothing checks who changed it. None without."""
        there = {one.path for one in _retried(self._client.list_artifacts, version.run_id)}
        if name not in there:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = _retried(self._client.download_artifacts, version.run_id, name, folder)
            return Path(path).read_bytes()

    def figures(self, version: RegisteredVersion) -> tuple[dict[str, float], dict[str, str]]:
        """The metrics that were written down with a version, and the settings it was trained with."""
        data = _retried(self._client.get_run, version.run_id).data
        return dict(data.metrics), dict(data.params)

    def point(self, alias: Alias, version: int | None) -> None:
        """Points the alias at a version, or removes it."""
        if version is None:
            _retried(self._client.delete_registered_model_alias, self.name, alias)
        else:
            _retried(self._client.set_registered_model_alias, self.name, alias, str(version))

    def went_live(self, version: int, deployment: Deployment) -> None:
        """Writes down that a version went live, and that it is the champion. May be repeated."""
        document = json.dumps({"at": deployment.at, "author": deployment.author, "reason": deployment.reason})
        key = f"{_LIVE}{deployment.offset}"
        _retried(self._client.set_model_version_tag, self.name, str(version), key, document)
        self.point("champion", version)
        challenger = self.aliased("challenger")
        if challenger is not None and challenger.version == version:
            self.point("challenger", None)

    def history(self) -> list[tuple[RegisteredVersion, Deployment]]:
        """Which versions went live, in the order of the log."""
        pairs = [(version, each) for version in self.versions() for each in version.deployments]
        return sorted(pairs, key=lambda pair: pair[1].offset)

    def _made(
        self,
        files: Mapping[str, bytes],
        tags: dict[str, str],
        metrics: Mapping[str, float],
        params: Mapping[str, str],
    ) -> RegisteredVersion:
        run_id = _retried(self._client.create_run, self._experiment(), tags=tags).info.run_id
        for name, value in metrics.items():
            _retried(self._client.log_metric, run_id, name, value)
        for name, text in params.items():
            _retried(self._client.log_param, run_id, name, text)
        self._store(run_id, files)
        _retried(self._client.set_terminated, run_id)
        source = f"runs:/{run_id}"
        return _registered(_retried(self._client.create_model_version, self.name, source, run_id, tags=tags))

    def _experiment(self) -> str:
        """Its id; it and the registered model are made where they are not there."""
        there = _retried(self._client.get_experiment_by_name, self.name)
        if there is not None:
            return str(there.experiment_id)
        with _unless("RESOURCE_ALREADY_EXISTS"):
            _retried(self._client.create_registered_model, self.name)
        with _unless("RESOURCE_ALREADY_EXISTS"):
            _retried(self._client.create_experiment, self.name, self._artifacts)
        return self._experiment()

    def _store(self, run_id: str, files: Mapping[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            _retried(self._client.log_artifacts, run_id, folder)

    def _search(self, which: str) -> list[RegisteredVersion]:
        """Versions by number; a search leaves aliases out, so they are asked for."""
        found: list[ModelVersion] = []
        token: str | None = None
        while True:
            page = _retried(self._client.search_model_versions, which, 1_000, page_token=token)
            found += list(page)
            token = page.token
            if not token:
                break
        aliases = _retried(self._client.get_registered_model, self.name).aliases if found else {}
        registered = sorted((_registered(one) for one in found), key=lambda version: version.version)
        return [replace(one, aliases=_names_of(one.version, aliases)) for one in registered]


def _names_of(version: int, aliases: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(alias for alias, number in aliases.items() if int(number) == version))


def _registered(version: "ModelVersion") -> RegisteredVersion:
    deployments = [
        Deployment(int(key.removeprefix(_LIVE)), **json.loads(text))
        for key, text in version.tags.items()
        if key.startswith(_LIVE)
    ]
    return RegisteredVersion(
        version=int(version.version),
        sha256=version.tags.get("sha256", ""),
        dataset=version.tags.get("dataset", ""),
        at=int(version.creation_timestamp),
        aliases=tuple(sorted(version.aliases)),
        run_id=version.run_id or "",
        deployments=tuple(sorted(deployments, key=lambda each: each.offset)),
    )


def _mlflow_client(uri: str) -> "MlflowClient":
    os.environ.update(_QUIET)
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow 3.17.2 on SQLAlchemy 2.1: nothing that a reader could mend
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401 - sets its tables up
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    try:
        return MlflowClient(uri, uri)
    except MlflowException as failure:
        raise RegistryError(
            f"MLflow cannot use the address {_without_password(uri)}: {_without_password(failure)}. Set "
            "MLFLOW_TRACKING_URI to http[s]://HOST:PORT, or leave it out"
        ) from failure


def _retried(
    call: Callable[Arguments, Answer], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Answer:
    """The call's answer; a busy database or server is tried again for `TRY_FOR_S`."""
    from mlflow.exceptions import MlflowException

    trying = Retrying(
        stop=stop_after_delay(TRY_FOR_S),
        wait=wait_random_exponential(0.05, max=2),
        retry=retry_if_exception(_is_outage),
        reraise=True,
    )
    try:
        return trying(call, *arguments, **named)
    except MlflowException as failure:
        if _is_outage(failure):
            raise RegistryUnreachable(
                f"MLflow does not answer: {_without_password(failure)}; try again later"
            ) from failure
        raise RegistryError(f"MLflow: {_without_password(failure)}") from failure


def _without_password(words: object) -> str:
    """Words of MLflow's that can be shown: it repeats the server's address with the password in it.

    >>> _without_password("API request to http://me:pass@word@host:5000/api failed")
    'API request to http://me:***@host:5000/api failed'
    """
    return _PASSWORD.sub(r"\1:***@", str(words))


def _is_outage(failure: BaseException) -> bool:
    """Whether it may pass: a locked database, two that drew one number, a server that is not there."""
    codes = ("TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "RESOURCE_EXHAUSTED")
    return getattr(failure, "error_code", "") in codes


@contextmanager
def _unless(*codes: str) -> Iterator[None]:
    """What MLflow answers with one of these codes is as it should be."""
    try:
        yield
    except RegistryError as failure:
        if getattr(failure.__cause__, "error_code", "") not in codes:
            raise
