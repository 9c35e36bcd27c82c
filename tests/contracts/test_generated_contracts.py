"""The committed contract files are what structs and topic table say, and hold by their own standards."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from streams.contracts.asyncapi import document
from streams.contracts.cards import CARDS
from streams.contracts.files import files
from streams.contracts.schemas import MESSAGES, schema
from streams.kafka import cloudevents
from streams.kafka.topics import AGENT_RETENTION_DAYS, CARRIES, OUTPUTS

ROOT = Path(__file__).parents[2]
GENERATED = files()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_committed_file_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run `make pages`"


def test_no_schema_is_left_over_from_a_former_message() -> None:
    assert {path.stem for path in (ROOT / "schemas").glob("*.json")} == set(MESSAGES)


@pytest.mark.parametrize("kind", MESSAGES)
def test_schema_is_valid_draft_2020_12(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


def test_asyncapi_document_holds_against_the_specification() -> None:
    specification = json.loads((ROOT / "tests/data/asyncapi-3.0.0.schema.json").read_text())
    committed = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text())
    jsonschema.Draft7Validator(specification).validate(committed)


def test_asyncapi_check_refuses_a_broken_document() -> None:
    specification = json.loads((ROOT / "tests/data/asyncapi-3.0.0.schema.json").read_text())
    broken = document()
    broken["operations"]["send_journal"]["action"] = "shout"
    assert not jsonschema.Draft7Validator(specification).is_valid(broken)


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _references(value)]
    return [ref for value in node for ref in _references(value)] if isinstance(node, list) else []


def test_asyncapi_references_resolve() -> None:
    whole = document()
    for ref in _references(whole):
        if not ref.startswith("#"):
            assert (ROOT / "docs" / ref).is_file(), ref
            continue
        node = whole
        for part in ref.removeprefix("#/").split("/"):
            assert part in node, ref
            node = node[part]


def test_every_topic_has_a_card_and_a_channel() -> None:
    roles = {*CARRIES, *OUTPUTS, *AGENT_RETENTION_DAYS}
    assert {card.role for card in CARDS} == roles
    assert set(document()["channels"]) == roles


def test_headers_are_cloudevents_in_binary_mode() -> None:
    headers = dict(cloudevents.headers("live", "decision", "π-1"))
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_type": b"tollgate.decision.v1",
        "ce_source": b"/tollgate/live",
        "content-type": b"application/json",
        "ce_id": "π-1".encode(),
    }


def test_headers_of_two_messages_do_not_share_state() -> None:
    first = cloudevents.headers("live", "decision", "a")
    first.append(("x", b"y"))
    assert ("x", b"y") not in cloudevents.headers("live", "decision", "a")
