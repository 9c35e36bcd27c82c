"""The editor's committed bundle is small, says whose it is, and is what the recipe makes."""

import gzip
import json
import re
from pathlib import Path

CONSOLE = Path(__file__).parents[2] / "dashboards" / "console"
VENDOR = CONSOLE / "design" / "static" / "vendor"
RECIPE = CONSOLE / "editor"


def test_the_bundle_is_small() -> None:
    assert len(gzip.compress((VENDOR / "editor.js").read_bytes(), 9)) <= 150_000


def test_the_bundle_needs_nothing_else() -> None:
    text = (VENDOR / "editor.js").read_text(encoding="utf-8")
    assert not re.search(r"\bimport\s*\(|\bimport\s*[\"']|\beval\s*\(|new Function", text)
    assert "TollgateEditor" in text


def test_every_package_in_it_has_its_licence_beside_it() -> None:
    licences = (VENDOR / "editor.LICENCE.txt").read_text(encoding="utf-8")
    locked = json.loads((RECIPE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    bundled = {
        name.removeprefix("node_modules/"): package["version"]
        for name, package in locked.items()
        if name and "esbuild" not in name
    }
    assert bundled
    for name, version in bundled.items():
        assert f"== {name} {version}\n" in licences


def test_versions_are_fixed_and_no_registry_is_named() -> None:
    asked = json.loads((RECIPE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert all(re.fullmatch(r"[\d.]+", version) for version in asked.values())
    assert "resolved" not in (RECIPE / "package-lock.json").read_text(encoding="utf-8")
