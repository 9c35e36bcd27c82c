"""What the tables of controls, list answers and the journal must hold, computed from the log's JSON alone."""

import hashlib
import json
from collections.abc import Iterator

from streams.warehouse.audit.log_copy import Cells, LogCopy, LogRecord


def expected_changes(log: LogCopy) -> dict[str, list[Cells]]:
    """The rows by table."""
    return {
        "controls": list(_controls(log)),
        "list_answers": list(_list_answers(log)),
        "journal": list(_journal(log)),
    }


def _controls(log: LogCopy) -> Iterator[Cells]:
    for record in log.of_type("signed_control", "controls", "history"):
        statement = record.content["signed"]
        signing = {
            "signed_by": [each["key"] for each in record.content["signatures"]],
            "signing_author": statement["author"],
            "installation": statement["installation"],
            "must_arrive_by": statement["expires_at"],
        }
        yield record.cells(log.engine) | _control(record, statement["control"]) | signing
    for record in log.of_type("control", "controls", "history"):
        signing = {"signed_by": [], "signing_author": "", "installation": "", "must_arrive_by": None}
        yield record.cells(log.engine) | _control(record, record.content) | signing


def _control(record: LogRecord, body: Cells) -> Cells:
    change = body["change"]
    kind, of_list = change["kind"], change["kind"] == "list"
    document = change.get(kind) if kind in ("ruleset", "policy") else None
    named = {"list": "list", "table": "table", "tra_band": "entity", "amount_waiver": "currency"}
    sha256 = change.get("sha256") or ""
    models = ("model", "challenger", "promote", "challenger_halt")
    return {
        "id": body["id"], "kind": kind, "issued_at": body["issued_at"], "author": body["author"],
        "reason": body.get("reason") or "", "sha256": sha256,
        "version": _version(document) if document else sha256[:16] if kind in models else "",
        "target": change.get(named.get(kind, "")) or "", "value": change["value"] if of_list else "",
        "present": of_list and change.get("present", True),
        "expires_at": change.get("expires_at") if of_list else None,
        "purpose": (change.get("purpose") or "") if of_list else "",
        "appended_at": record.appended_at,
    }  # fmt: skip


def _list_answers(log: LogCopy) -> Iterator[Cells]:
    names = ("request", "list", "value", "author", "control", "fault", "detail")
    for record in log.of_type("list_answer", "list-audit"):
        body = record.content
        yield (
            record.cells(log.engine)
            | {name: body.get(name) or "" for name in names}
            | {"status": body["status"], "answered_at": body["answered_at"]}
            | {"repeated": body.get("repeated", False), "request_offset": body["offset"]}
            | {"appended_at": record.appended_at}
        )


def _journal(log: LogCopy) -> Iterator[Cells]:
    names = (
        "number", "engine_time", "payments", "decisions", "duplicates", "dead_letters", "sequence",
        "catalogue", "scorer", "cpu", "decision_hash", "state_hash", "horizon_ms", "keys_max",
    )  # fmt: skip
    for record in log.of_type("journal", "journal"):
        body = record.content
        yield (
            record.cells(log.engine)
            | {name: body[name] for name in names}
            | {name: body.get(name) or "" for name in ("model", "ruleset", "policy", "challenger")}
            | {name: body.get(name) or 0 for name in ("refusals", "late")}
            | {"input_records": [each["records"] for each in body["ranges"]]}
            | {"appended_at": record.appended_at}
        )


def _version(document: Cells) -> str:
    """Of a ruleset or policy, as decisions name it."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
