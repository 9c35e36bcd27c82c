"""Somebody with the right to publish, who goes round the checks of the tool.

What is published here is put on the log as `tollgate` would put it, signed where controls are signed, without
the checks that `tollgate publish` makes first: the engine must refuse it by itself.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from models.messages.control import Change
from streams.control_plane import controls
from streams.control_plane.artefacts import ArtefactStore
from streams.settings import Settings
from tests.attacks.output_watch import Place
from tests.attacks.stage import Stage


def publish(stage: Stage, *changes: Change, author: str = "insider") -> list[Place]:
    """Puts changes on the log, signed with the keys of this home; where they lie."""
    topic = f"{stage.engine}.controls"
    arguments = (stage.bootstrap, stage.engine, changes, author, "an attack")
    keyring = keys_of(stage)
    offsets = controls.publish(*arguments, keyring) if keyring else controls.publish(*arguments)
    return [(topic, offset) for offset in offsets]


def keys_of(stage: Stage) -> Any:
    """The keys that lie in the home of this stage; None where controls are not signed."""
    keys = module("streams.keys")
    return keys and keys.keyring_of(Settings(home=stage.home))


def publish_artefact(stage: Stage, content: bytes, change: Any) -> Place:
    """Brings an artefact to where controls may name it, and publishes the change made of its hash."""
    store = ArtefactStore(stage.home / "artefacts")
    named = change(store.stage(content))
    upload = getattr(module("streams.control_plane.artefacts"), "upload", None)
    if upload is not None:
        upload(stage.bootstrap, stage.engine, [named], store)
    return publish(stage, named)[0]


def module(name: str) -> Any:
    """A module of the product; None in versions that do not have it."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None


def ruleset(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A ruleset's document."""
    return {"name": "insider", "version": 2, "rules": list(rules)} | changes


def rule(id: str, when: str, **changes: Any) -> dict[str, Any]:
    """One rule's document; without `changes` it adds a point."""
    does = {} if {"action", "tag", "put_on_list", "set_score"} & changes.keys() else {"score": 1}
    return {"id": id, "description": id, "owner": "insider", "when": when} | does | changes


def write(path: Path, text: str) -> str:
    """A file for a command to read; its name."""
    path.write_text(text, encoding="utf-8")
    return str(path)
