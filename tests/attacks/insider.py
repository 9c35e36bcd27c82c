"""Somebody with the right to publish, who goes round the checks of the tool.

What is published here is put on the log as `tollgate` would put it, signed where controls are signed, without
the checks that `tollgate publish` makes first: the engine must refuse it by itself.
"""

from pathlib import Path
from typing import Any

from models.messages.control import Change
from streams.control_plane import controls
from streams.control_plane.artefacts import ArtefactStore
from tests.attacks.output_watch import Place
from tests.attacks.stage import Stage


def publish(stage: Stage, *changes: Change, author: str = "insider") -> list[Place]:
    """Puts changes on the log; where they lie."""
    topic = f"{stage.engine}.controls"
    offsets = controls.publish(stage.bootstrap, stage.engine, changes, author, "an attack")
    return [(topic, offset) for offset in offsets]


def stage_artefact(stage: Stage, content: bytes) -> str:
    """Brings an artefact to where controls may name it; its hash."""
    return ArtefactStore(stage.home / "artefacts").stage(content)


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
