"""The compose profile `observability`: what it reads is there, asks for what is served, lets nobody in."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert isinstance(found, dict)
    return found


def test_it_is_started_only_when_asked_for(services: dict[str, Any]) -> None:
    profiled = {name for name, service in services.items() if "profiles" in service}
    assert profiled == {"prometheus", "grafana"}
    assert all(services[name]["profiles"] == ["observability"] for name in profiled)


def test_files_that_are_mounted_are_there(services: dict[str, Any]) -> None:
    for name in ("prometheus", "grafana"):
        mounts = [volume.split(":") for volume in services[name]["volumes"] if volume.startswith("./")]
        assert mounts
        assert all((ROOT / source).exists() and mode == "ro" for source, _, mode in mounts)


def test_prometheus_asks_every_process_that_works_on(services: dict[str, Any]) -> None:
    """Where it serves, as its settings say; processes that end by themselves are not asked."""
    document = yaml.safe_load((ROOT / "deploy/observability/prometheus-compose.yml").read_text())
    (job,) = document["scrape_configs"]
    asked = {each["targets"][0]: each["labels"]["process"] for each in job["static_configs"]}
    ours = {
        name: service
        for name, service in services.items()
        if service["image"] == "tollgate" and service["restart"] == "unless-stopped"
    }
    assert asked == {f"{name}:9464": name for name in ours}
    for service in ours.values():
        environment = service["environment"]
        assert (environment["TOLLGATE_METRICS_HOST"], environment["TOLLGATE_METRICS_PORT"]) == (
            "0.0.0.0",
            "9464",
        )
        published = [port.rpartition(":")[2] for port in service.get("ports", [])]
        assert "9464" not in published, "metrics are for the network of the containers only"


def test_grafana_has_no_administrator_and_no_password(services: dict[str, Any]) -> None:
    environment = services["grafana"]["environment"]
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"


def test_boards_and_data_come_from_the_same_prometheus() -> None:
    folder = ROOT / "deploy/observability/grafana"
    (source,) = yaml.safe_load((folder / "datasources.yml").read_text())["datasources"]
    assert source["type"] == "prometheus"
    (provider,) = yaml.safe_load((folder / "dashboards.yml").read_text())["providers"]
    assert provider["options"]["path"] == "/etc/tollgate/dashboards"
