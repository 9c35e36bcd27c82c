"""An engine's log of controls kept in memory, its staged artefacts and its registry on disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.messages.control import Change, Control, ModelChange, PromoteChange
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.controls import LoggedControl
from tests.support.mlflow_home import fresh
from training.registry import Registry


@dataclass
class Scene:
    """An engine's log, its staged artefacts, its registry, and a data set later than what models learned."""

    home: Path
    log: list[LoggedControl]
    registry: Registry
    dataset: Path

    def champion(self, artefact: bytes) -> str:
        """Goes live without gates, as `tollgate publish model` does."""
        digest = ArtefactStore(self.home / "artefacts").stage(artefact)
        self.put([ModelChange(digest)], "ops", "first")
        return digest

    def challenger(self, artefact: bytes) -> str:
        """Registered, with the alias."""
        made = self.registry.register(artefact, "dataset-1", {})
        self.registry.point("challenger", made.version)
        return made.sha256

    def put(self, changes: list[Change], author: str, reason: str) -> list[int]:
        first = len(self.log)
        for change in changes:
            control = Control(f"c{len(self.log)}", 0, author, change, reason)
            self.log.append(LoggedControl(len(self.log), 1_767_225_600_000 + len(self.log), control))
        return list(range(first, len(self.log)))

    def live(self) -> list[str | None]:
        """What the log says went live, in order."""
        changes = [found.control.change for found in self.log]
        return [one.sha256 for one in changes if isinstance(one, ModelChange | PromoteChange)]

    def aliases(self) -> dict[str, str]:
        """Hash by alias."""
        pairs = [(alias, one.sha256) for one in self.registry.versions() for alias in one.aliases]
        return dict(pairs)


def scene_in(home: Path, monkeypatch: pytest.MonkeyPatch, dataset: Path) -> Scene:
    """A scene whose log takes the place of Kafka's."""
    monkeypatch.setenv("TOLLGATE_HOME", str(home))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    registry = Registry.open("live", fresh(home / "mlflow"))
    made = Scene(home, [], registry, dataset)

    def publish(
        _: str, engine: str, changes: list[Change], author: str, reason: str, *_keys: object
    ) -> list[int]:
        assert engine == "live"
        return made.put(changes, author, reason)

    def logged(_: str, __: str, with_refused: bool = False) -> Iterator[LoggedControl]:
        return (one for one in made.log if with_refused or one.refused is None)

    monkeypatch.setattr("streams.control_plane.controls.publish", publish)
    monkeypatch.setattr("streams.control_plane.artefacts.put", lambda *_: None)
    monkeypatch.setattr("streams.control_plane.artefacts.on_log", lambda *_: None)
    monkeypatch.setattr("streams.control_plane.controls.read_back", lambda _b, _e, offset: made.log[offset])
    monkeypatch.setattr("streams.control_plane.controls.logged", logged)
    monkeypatch.setattr("streams.control_plane.model_changes.logged", logged)
    return made
