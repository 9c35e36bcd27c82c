"""JSON Schemas (draft 2020-12) of every message, generated from the structs that read and write them."""

import json
from typing import Any, Final

import msgspec

from models.labels import Dossier, ParkedEvidence
from models.lists import ListAnswer, ListRequest
from models.messages import (
    AnalystVerdict,
    ArtefactPart,
    Control,
    ControlStatement,
    DeadLetter,
    Decision,
    Dispute,
    JournalEntry,
    Label,
    Outcome,
    Payment,
    Refusal,
    ReviewOutcome,
    SignedControl,
)
from streams.contracts.field_docs import field_docs

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

MESSAGES: dict[str, type[msgspec.Struct]] = {
    "payment": Payment,
    "outcome": Outcome,
    "label": Label,
    "control": Control,
    "signed_control": SignedControl,
    "control_statement": ControlStatement,
    "artefact": ArtefactPart,
    "decision": Decision,
    "refusal": Refusal,
    "journal": JournalEntry,
    "dead_letter": DeadLetter,
    "list_request": ListRequest,
    "list_answer": ListAnswer,
    "dispute": Dispute,
    "analyst_verdict": AnalystVerdict,
    "dossier": Dossier,
    "parked_evidence": ParkedEvidence,
    "review_outcome": ReviewOutcome,
}
"""Message kinds by the value of their `type` field."""

INPUT_KINDS: Final = ("payment", "outcome", "label", "control", "signed_control")
EVIDENCE_KINDS: Final = ("dispute", "analyst_verdict", "outcome")
"""What the label agent takes on ENGINE.disputes."""


def schema(kind: str) -> dict[str, Any]:
    """The schema of one kind of message. Unknown fields pass: newer producers never stop older consumers."""
    generated: dict[str, Any] = msgspec.json.schema(MESSAGES[kind])
    for name, definition in generated["$defs"].items():
        _describe(definition.get("properties", {}), field_docs().get(name, {}))
    generated = _unwrapped(generated)
    return {"$schema": DIALECT, "$id": f"urn:tollgate:{kind}:v1"} | generated


def _describe(properties: dict[str, Any], docs: dict[str, str]) -> None:
    """Puts what a field is before what its type is."""
    for name, text in docs.items():
        own = properties[name].get("description")
        properties[name] = {"description": text if own is None else f"{text} {own}"} | {
            key: value for key, value in properties[name].items() if key != "description"
        }


def _unwrapped(node: Any) -> Any:
    """Descriptions without the line breaks and indents of the docstrings they come from; alternatives in one
    order.

    Python caches a union under all its orders, so its first use in a process decides how it is listed.
    """
    if isinstance(node, dict):
        described = {key: _unwrapped(value) for key, value in node.items()}
        if isinstance(alternatives := described.get("anyOf"), list):
            alternatives.sort(key=lambda each: (each.get("type") == "null", json.dumps(each, sort_keys=True)))
        if isinstance(text := described.get("description"), str):
            described["description"] = "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
        return described
    return [_unwrapped(value) for value in node] if isinstance(node, list) else node


def render(kind: str) -> str:
    """The text of `schemas/<kind>.json`."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"
