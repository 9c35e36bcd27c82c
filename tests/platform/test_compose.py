"""docker-compose.yml: valid by the compose schema, with the roles and settings of the local platform."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator, ValidationError

from streams import cli
from streams.platform.broker.config import FIXED
from streams.platform.broker.jars import KAFKA
from streams.platform.plan import process_table
from streams.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "tests/data/compose-spec.json").read_text(encoding="utf-8"))
    return found


def test_file_is_valid_by_the_compose_schema(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    Draft201909Validator(schema).validate(compose)


def test_schema_refuses_a_misspelt_key(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    kafka = compose["services"]["kafka"] | {"enviroment": {}}
    with pytest.raises(ValidationError, match="enviroment"):
        Draft201909Validator(schema).validate({"services": {"kafka": kafka}})


def test_roles_and_commands_are_those_of_tollgate_up(compose: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, kafka_bootstrap_servers="", clickhouse_url="")
    local = {spec.name: spec.command()[3:] for spec in process_table(settings, print) if spec.name != "kafka"}
    ours = {
        name: service["command"]
        for name, service in compose["services"].items()
        if service["image"] == "tollgate"
    }
    assert ours == local
    assert all(command[0] in cli.commands() for command in ours.values())


def test_broker_has_the_settings_of_the_local_one(compose: dict[str, Any]) -> None:
    environment = compose["services"]["kafka"]["environment"]
    wanted = {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in FIXED.items()}
    assert {name: environment.get(name) for name in wanted} == wanted


def test_images_are_official_and_of_one_version(compose: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in compose["services"].items()}
    assert images["kafka"] == f"apache/kafka:{KAFKA.rpartition(':')[2]}"
    assert images["clickhouse"].startswith("clickhouse/clickhouse-server:26.9")


def test_what_the_image_copies_is_there() -> None:
    lines = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_every_package_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    needed = [*wheel, *project["project"]["license-files"]]
    assert [name for name in needed if f" {name} " not in dockerfile] == []
