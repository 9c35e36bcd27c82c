"""docker-compose.yml: valid by the compose schema, with the roles and settings of the local platform."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator, ValidationError

from streams import cli
from streams.platform.broker import LocalKafka
from streams.platform.broker.config import FIXED, SECURED
from streams.platform.broker.jars import KAFKA
from streams.platform.plan import process_table
from streams.platform.processes import GIVES_WAY, ProcessSpec, session_gives_way
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


OFFICIAL = ("kafka", "postgres")
"""Others' servers, which run in others' images."""
SECURITY = "/var/lib/tollgate-security/kafka"


def arguments(spec: ProcessSpec) -> list[str]:
    """What follows `tollgate` in a process's command."""
    words = spec.command()
    return words[words.index("streams.cli") + 1 :]


def test_processes_commands_and_users_are_those_of_up_secure(compose: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, kafka_bootstrap_servers="", clickhouse_url="")
    LocalKafka(tmp_path).secure("live")
    clients = str(tmp_path / "kafka/security/clients")
    specs = [spec for spec in process_table(settings, print) if spec.name not in OFFICIAL]
    local = {
        spec.name: [part.replace(clients, f"{SECURITY}/clients") for part in arguments(spec)]
        for spec in specs
    }
    ours = {name: service for name, service in compose["services"].items() if service["image"] == "tollgate"}
    later = {spec.name for spec in specs if spec.command()[: len(GIVES_WAY)] == [*GIVES_WAY]}
    assert later == {spec.name for spec in specs if spec.started is session_gives_way}
    assert later == {name for name, service in ours.items() if "cpu_shares" in service}
    made = ours.pop("credentials")["command"]
    assert {name: service["command"] for name, service in ours.items()} == local
    assert all(command[0] in cli.commands() for command in (*local.values(), made))
    for spec in specs:
        user = dict(spec.environment or {})["KAFKA_PROPERTIES_FILE"].replace(clients, f"{SECURITY}/clients")
        assert ours[spec.name]["environment"]["KAFKA_PROPERTIES_FILE"] == user


def test_broker_has_the_settings_of_the_local_secured_one(compose: dict[str, Any]) -> None:
    environment = compose["services"]["kafka"]["environment"]
    wanted = {
        "KAFKA_" + name.upper().replace("-", "___").replace(".", "_"): value
        for name, value in (FIXED | SECURED).items()
    }
    listeners = "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"
    assert environment[listeners] == wanted.pop(listeners) + ",HOST:SASL_SSL"
    assert {name: environment.get(name) for name in wanted} == wanted
    of_clients = {name: value for name, value in wanted.items() if "LISTENER_NAME_CLIENT" in name}
    for name, value in of_clients.items():
        assert environment[name.replace("_CLIENT_", "_HOST_", 1)] == value


def test_nothing_listens_in_clear_text_and_no_password_has_a_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert "PLAINTEXT" not in text
    assert "PASSWORD:-" not in text
    assert compose["services"]["kafka"]["ports"] == ["127.0.0.1:9094:9094"]


def test_images_are_official_and_of_one_version(compose: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in compose["services"].items()}
    assert images["kafka"].partition("@")[0] == f"apache/kafka:{KAFKA.rpartition(':')[2]}"
    assert images["clickhouse"].startswith("clickhouse/clickhouse-server:26.9")
    assert images["postgres"].startswith("postgres:18.")


def test_people_work_in_the_postgresql_that_has_no_port(compose: dict[str, Any]) -> None:
    """The console is reached on this machine alone, and by the name that its cookies are for."""
    services = compose["services"]
    assert "ports" not in services["postgres"]
    for name in ("desk", "console"):
        assert "@postgres:5432/" in services[name]["environment"]["DATABASE_URL"]
        assert services[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    console = services["console"]["environment"]
    assert services["console"]["ports"] == [f"127.0.0.1:{console['TOLLGATE_CONSOLE_PORT']}:8700"]
    assert console["TOLLGATE_CONSOLE_ADDRESS"] == "http://localhost:8700"
    assert console["TOLLGATE_CONSOLE_HOST"] == "0.0.0.0"


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


def test_no_container_has_a_capability_or_writes_outside_its_volumes(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert "no-new-privileges:true" in service["security_opt"]
        assert "cap_add" not in service
        assert "privileged" not in service


def test_no_password_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*)([^}]*)\}", text)
    assert secrets
    assert [name for name, rest in secrets if not rest.startswith(":?")] == []


def test_ports_are_open_on_this_machine_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_digests_are_written_behind_every_tag(tmp_path: Path) -> None:
    """With a stand-in for docker: which images are asked for, and where their digests go."""
    digest = "sha256:" + "ab" * 32
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\necho {digest}\n")
    docker.chmod(0o755)
    for name in ("docker-compose.yml", "deploy/Dockerfile", "deploy/image_digests.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    environment = {"PATH": f"{docker.parent}:/usr/bin:/bin"}
    for _ in range(2):
        subprocess.run(["sh", "deploy/image_digests.sh"], cwd=tmp_path, env=environment, check=True)
    compose = yaml.safe_load((tmp_path / "docker-compose.yml").read_text())
    images = {service["image"] for service in compose["services"].values()} - {"tollgate"}
    assert images
    assert all(image.endswith(f"@{digest}") and image.count("@") == 1 for image in images)
    assert f"FROM python:3.12-slim@{digest}\n" in (tmp_path / "deploy/Dockerfile").read_text()
