"""What `docs/compatibility.md` promises of the wire, of settings and of public names."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.public.promises import promises

PROMISED: Final = sorted(Path(__file__).parent.glob("promised_*.json"))

OF_NEW_KINDS: Final = frozenset(("control.change.root", "control.change.version"))
"""Fields of a kind of change that came later: who sends the kinds from before need not know them."""


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return promises()


@pytest.fixture(params=PROMISED, ids=lambda path: path.stem)
def promised(request: pytest.FixtureRequest) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return document


def test_no_field_on_the_wire_went_or_changed(promised: dict[str, Any], now: dict[str, Any]) -> None:
    """A value may get further types; what always came still comes, and what could be left out still may."""
    changed = [
        f"{message}.{path}"
        for message, paths in promised["fields"].items()
        for path, types in paths.items()
        if not set(types) - {"required"} <= set(now["fields"].get(message, {}).get(path, ()))
        or ("required" in types) != ("required" in now["fields"][message][path])
    ]
    assert not changed


def test_no_new_field_on_the_wire_must_be_sent(promised: dict[str, Any], now: dict[str, Any]) -> None:
    required = [
        f"{message}.{path}"
        for message, paths in promised["fields"].items()
        for path, types in now["fields"][message].items()
        if path not in paths and "required" in types and path.rpartition(".")[0] in ("", *paths)
    ]
    assert set(required) <= OF_NEW_KINDS


@pytest.mark.parametrize("kind", ["settings", "names"])
def test_nothing_went(kind: str, promised: dict[str, Any], now: dict[str, Any]) -> None:
    assert set(promised[kind]) <= set(now[kind])
