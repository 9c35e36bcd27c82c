"""The AsyncAPI 3.0 document: every channel, its messages and headers, and what the engine does with them."""

from typing import Any, Final

import yaml

from streams.contracts.cards import CARDS, TopicCard
from streams.contracts.schemas import MESSAGES
from streams.kafka import cloudevents, topic_config

SUMMARIES: Final = {
    "payment": "A payment attempt to be decided",
    "outcome": "What happened to a payment after its decision",
    "label": "Fraud or legitimate, when known",
    "control": "A change to how payments are judged",
    "signed_control": "A change to how payments are judged, signed",
    "artefact": "One part of a model or table",
    "decision": "The answer to one payment",
    "refusal": "The answer to a payment that could not be decided, and what to do",
    "vectors": "Feature vectors of a batch, as a raw matrix",
    "journal": "What one batch consisted of",
    "dead_letter": "A message that could not be used, and why",
    "list_request": "A request to change a list",
    "list_answer": "What became of a list request",
    "dispute": "One stage of one dispute, or a fraud notice",
    "analyst_verdict": "What an analyst found a payment to be",
    "dossier": "What is known of how one payment turned out, and the label sent for it",
    "parked_evidence": "Evidence that could not be used, and why",
    "review_outcome": "How the review of a payment ended: capture it, or let its authorisation go",
}


def document() -> dict[str, Any]:
    """The whole document as plain data."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tollgate",
            "version": "1.0.0",
            "description": "Fraud decisions on payments: payments in, exactly one answer each out.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": cloudevents.JSON,
        "servers": {"kafka": {"host": "localhost:9092", "protocol": "kafka"}},
        "channels": {card.role: _channel(card) for card in CARDS},
        "operations": {_operation_name(card): _operation(card) for card in CARDS},
        "components": {
            "messages": {kind: _message(kind) for kind in SUMMARIES},
            "schemas": {"headers": _headers()},
        },
    }


def render() -> str:
    """The text of `docs/asyncapi.yaml`."""
    body: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=110)
    return "# Written by `make pages`.\n" + body


def _channel(card: TopicCard) -> dict[str, Any]:
    return {
        "address": "{engine}." + card.role,
        "description": card.purpose,
        "parameters": {"engine": {"description": "name of the engine", "default": "live"}},
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in card.kinds},
        "bindings": {"kafka": {"partitions": 1, "bindingVersion": "0.5.0"}},
        "x-owner": card.owner,
        "x-producers": list(card.producers),
        "x-consumers": list(card.consumers),
        "x-retention": card.retention,
        "x-key": card.key,
        "x-topic-configuration": topic_config(card.role),
    }


def _operation_name(card: TopicCard) -> str:
    return ("receive_" if card.is_input else "send_") + card.role.replace("-", "_")


def _operation(card: TopicCard) -> dict[str, Any]:
    return {
        "action": "receive" if card.is_input else "send",
        "channel": {"$ref": f"#/channels/{card.role}"},
        "summary": f"The {card.ours} {'reads' if card.is_input else 'writes'} {card.role}.",
        "messages": [{"$ref": f"#/channels/{card.role}/messages/{kind}"} for kind in card.kinds],
    }


def _message(kind: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": cloudevents.event_type(kind),
        "summary": SUMMARIES[kind],
        "contentType": cloudevents.MEDIA_TYPE.get(kind, cloudevents.JSON),
        "headers": {"$ref": "#/components/schemas/headers"},
    }
    if kind in MESSAGES:
        message["payload"] = {"$ref": f"../schemas/{kind}.json"}
    return message


def _headers() -> dict[str, Any]:
    """CloudEvents attributes; the engine always writes them and never needs them on its inputs."""
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "CloudEvents 1.0, binary content mode; always on outputs, welcome on inputs",
        "properties": {
            "ce_specversion": text | {"const": cloudevents.SPECVERSION},
            "ce_type": text | {"examples": [cloudevents.event_type("decision")]},
            "ce_source": text | {"examples": [cloudevents.source("live")]},
            "ce_id": dict(text),
            "content-type": dict(text),
        },
        "required": ["ce_specversion", "ce_type", "ce_source", "ce_id"],
    }
