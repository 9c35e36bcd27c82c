"""The jars of Apache Kafka, fetched once by Maven coordinates and kept in the user's cache.

`kafka_jars.lock` says which: coordinates and SHA-256 of each, resolved once by jgo and committed, so that
every machine runs the same bytes and no dependency is worked out at the user's.
`python -m streams.platform.broker.jars` makes it again after a change of version.

Invariant: the folder `jars(...)` returns holds exactly the locked jars. It is filled under another name and
renamed, under a lock, and checked at every use; what is torn or changed is fetched again.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage import ProcessLock, write_atomically
from streams.errors import Damaged, Misconfigured, Outage

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
# slf4j's way to log4j, which the broker itself needs only for its log. Resolved apart from Kafka: as a second
# root its own dependency management would choose other versions of Kafka's libraries.
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
LOCK = Path(__file__).with_name("kafka_jars.lock")
CONNECTIONS = 8
TIMEOUT_S = 30


@dataclass(frozen=True)
class Jar:
    """One locked jar."""

    coordinate: str
    sha256: str

    @property
    def file(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked() -> list[Jar]:
    """The jars that the committed lock names."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return [Jar(*line.split()) for line in lines if line and not line.startswith("#")]


def cache_folder() -> Path:
    """Where downloads are kept for every home of this user: XDG_CACHE_HOME/tollgate."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tollgate"


def jars(say: Callable[[str], None], cache: Path | None = None) -> Path:
    """The folder of Kafka's jars, filled on first use (45 MB). Raises Outage when they cannot be fetched."""
    cache = cache or cache_folder()
    folder = cache / f"kafka-{KAFKA.rpartition(':')[2]}"
    with ProcessLock(cache / "kafka.lock", wait=True):
        wrong = _wrong(folder)
        if wrong is None:
            return folder
        if folder.exists():
            say(f"{folder}: {wrong}; fetching Kafka's jars again")
            shutil.rmtree(folder)
        _fill(folder, say)
    return folder


def _wrong(folder: Path) -> str | None:
    """What keeps `folder` from being used, if anything."""
    if not folder.is_dir():
        return "not there yet"
    wanted = {jar.file: jar.sha256 for jar in locked()}
    if {path.name for path in folder.iterdir()} != set(wanted):
        return "other files than the lock names"
    changed = [name for name, sha256 in wanted.items() if _sha256(folder / name) != sha256]
    return f"{', '.join(changed)} changed" if changed else None


def _fill(folder: Path, say: Callable[[str], None]) -> None:
    wanted = locked()
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    say(f"fetching {KAFKA}: {len(wanted)} jars, once, into {folder.parent}")
    (partial / "jars").mkdir(parents=True)
    for jar, path in zip(wanted, _fetch(wanted, partial / "repository"), strict=True):
        if _sha256(path) != jar.sha256:
            raise Damaged(f"{jar.coordinate} as downloaded is not the locked one; try again, or report it")
        path.rename(partial / "jars" / jar.file)
    (partial / "jars").rename(folder)
    shutil.rmtree(partial)


def _fetch(wanted: list[Jar], repository: Path) -> list[Path]:
    maven = _maven(repository)

    def fetch(jar: Jar) -> Path:
        return Path(maven.create_dependency(jar.coordinate).artifact.resolve())

    try:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return list(pool.map(fetch, wanted))
    except (OSError, RuntimeError) as failure:
        raise Outage(
            f"Kafka's jars could not be fetched from Maven Central ({type(failure).__name__}: {failure}). "
            "Check the network and try again, or set KAFKA_BOOTSTRAP_SERVERS to your own Kafka"
        ) from failure


def _maven(repository: Path) -> Any:
    """jgo's pure-Python resolver: it needs neither Maven nor Java, and reads no settings of either."""
    try:
        from jgo.maven import MavenContext, PythonResolver
    except ModuleNotFoundError as failure:
        raise Misconfigured(
            f"the local Kafka needs the Python package {failure.name}: install Tollgate with its extra "
            "`local`, or set KAFKA_BOOTSTRAP_SERVERS to your own Kafka"
        ) from failure
    return MavenContext(resolver=PythonResolver(), repo_cache=repository, timeout=TIMEOUT_S)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_lock(repository: Path) -> None:
    """Resolves the coordinates above, fetches the jars into `repository` and writes the lock."""
    maven = _maven(repository)
    found: dict[str, str] = {}
    for root in (KAFKA, LOGGING):
        inputs, others = maven.resolver.resolve([maven.create_dependency(root)])
        for dependency in [*inputs, *(other for other in others if other.scope in {"compile", "runtime"})]:
            name = f"{dependency.groupId}:{dependency.artifactId}"
            if name not in found:
                path = Path(dependency.artifact.resolve())
                found[name] = f"{name}:{dependency.version} {_sha256(path)}"
    head = (
        f"# Jars of {KAFKA} and {LOGGING}: coordinate and SHA-256. Made by streams/platform/broker/jars.py."
    )
    write_atomically(LOCK, "\n".join([head, *sorted(found.values())]) + "\n")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        write_lock(Path(scratch))
