"""The lock file: it satisfies what the project asks for, and names no place to get it from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKED = [Requirement(line) for line in LOCK.splitlines() if re.match(r"[a-z0-9]", line)]


def asked_for() -> list[str]:
    extras = PROJECT["optional-dependencies"].values()
    return [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]


def test_lock_names_no_index_host() -> None:
    assert "://" not in LOCK
    assert "--" not in LOCK


def test_every_locked_version_is_exact() -> None:
    assert all(len(one.specifier) == 1 and str(one.specifier).startswith("==") for one in LOCKED)


@pytest.mark.parametrize("asked", asked_for())
def test_lock_has_a_version_that_the_project_takes(asked: str) -> None:
    requirement = Requirement(asked)
    found = [one for one in LOCKED if one.name == requirement.name]
    assert found, f"{requirement.name} is not locked: run `make lock`"
    assert all(requirement.specifier.contains(str(one.specifier)[2:]) for one in found)
