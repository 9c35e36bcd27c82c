"""The lock file: it satisfies what the project asks for, and names no place to get it from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "deploy/demo.lock", "deploy/image.lock", "deploy/uv.lock")
PARTS = {
    "deploy/demo.lock": ("local", "warehouse", "console", "agents", "build"),
    "deploy/image.lock": ("warehouse", "console", "agents", "build"),
}
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(lock: str) -> list[Requirement]:
    lines = (line.removesuffix("\\") for line in lock.splitlines() if re.match(r"[a-z0-9]", line))
    return [Requirement(line) for line in lines]


LOCKED = requirements(LOCK)


def asked_for() -> list[str]:
    extras = PROJECT["optional-dependencies"].values()
    return [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_index_host(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in lock
    assert set(re.findall(r"--[\w-]+", lock)) == {"--hash"}


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_version_is_exact_and_every_file_has_a_hash(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    locked = requirements(lock)
    assert locked
    assert all(len(one.specifier) == 1 and str(one.specifier).startswith("==") for one in locked)
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(locked)
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)


@pytest.mark.parametrize(("name", "extras"), PARTS.items())
def test_a_part_of_the_lock_has_all_that_is_asked_for(name: str, extras: tuple[str, ...]) -> None:
    asked = [
        *PROJECT["dependencies"],
        *(one for extra in extras for one in PROJECT["optional-dependencies"][extra]),
    ]
    part = {one.name for one in requirements((ROOT / name).read_text(encoding="utf-8"))}
    assert {Requirement(one).name for one in asked} <= part, "run `make lock UPGRADE=`"


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_lock_has_its_versions(name: str) -> None:
    whole = {(one.name, str(one.specifier)) for one in LOCKED}
    part = {(one.name, str(one.specifier)) for one in requirements((ROOT / name).read_text(encoding="utf-8"))}
    assert part <= whole


def test_everything_is_installed_by_hash() -> None:
    """What is installed without a lock is our own package, and building it fetches nothing."""
    for name in ("deploy/venv.sh", "deploy/Dockerfile"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        installed = re.findall(
            r"(?:\$install|pip install(?: -q| --system| --no-cache(?:-dir)?)*) (--[^\n&]*)", text
        )
        installed = [arguments for arguments in installed if not arguments.startswith("--python")]
        assert len(installed) == 3, installed
        for arguments in installed:
            assert arguments.startswith(("--require-hashes -r", "--no-deps --no-build-isolation")), arguments


@pytest.mark.parametrize("asked", asked_for())
def test_lock_has_a_version_that_the_project_takes(asked: str) -> None:
    requirement = Requirement(asked)
    found = [one for one in LOCKED if one.name == requirement.name]
    assert found, f"{requirement.name} is not locked: run `make lock`"
    assert all(requirement.specifier.contains(str(one.specifier)[2:]) for one in found)
