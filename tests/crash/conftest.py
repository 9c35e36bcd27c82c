"""Scenes on the session's broker."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.scene import Scene


@pytest.fixture
def make_scene(kafka: str, tmp_path: Path) -> Callable[[], Scene]:
    """Makes scenes with engine names that nobody used before."""
    return lambda: Scene(kafka, f"crash-{uuid.uuid4().hex[:8]}", tmp_path).prepare()


@pytest.fixture
def scene(make_scene: Callable[[], Scene]) -> Scene:
    return make_scene()
