"""What each table must hold, computed from the log's JSON alone: plain dictionaries, one a row.

Shares nothing with the sink: neither its columns, nor its lookups, nor its message types. Times are epoch
milliseconds. Slow and obvious on purpose; everything is in memory, some 10 kB a payment.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from ipaddress import ip_address, ip_network
from typing import Any, Final

from models.labels import strength
from streams.warehouse.audit.expected_changes import expected_changes
from streams.warehouse.audit.log_copy import Cells, LogCopy, LogRecord

DAY_MS: Final = 86_400_000
ENTITIES: Final = {
    "card": "card", "customer": "customer", "device": "device", "ip": "ip_network", "email": "email",
    "delivery_address": "delivery_address",
}  # fmt: skip
REPORTED: Final = ("merchant_account", "payment_id", "occurred_at", "amount", "currency")
OF_PAYMENT: Final = (
    "card", "bin", "issuer_country", "customer", "device", "ip_network", "email", "delivery_address", "mcc",
    "channel", "three_ds_result",
)  # fmt: skip
LAST_DAY_MS: Final = 5_662_310_399_999
"""ClickHouse's days end with it, in 2149."""


class ExpectedRows:
    """The rows of one engine by table; `network_key` is that of the hashed networks."""

    def __init__(self, log: LogCopy, network_key: bytes) -> None:
        self._log = log
        self._key = network_key
        self.tables: dict[str, list[Cells]] = defaultdict(list)
        self._payments: dict[tuple[Any, ...], Cells] = {}
        self._made: dict[tuple[Any, ...], list[Cells]] = defaultdict(list)
        for fill in (self._fill_payments, self._fill_decisions, self._fill_refusals, self._fill_outcomes):
            fill()
        for fill in (self._fill_labels, self._fill_disputes, self._fill_reviews):
            fill()
        self.tables |= expected_changes(log)

    def _fill_payments(self) -> None:
        for record in self._log.of_type("payment", "payments", "history"):
            row = record.cells(self._log.engine) | self._payment(record)
            self.tables["payments"].append(row)
            attempt = (*_key(row), row["phase"], record.appended_at)
            self._payments.setdefault(attempt, row)

    def _payment(self, record: LogRecord) -> Cells:
        body = record.content
        method, merchant = body["method"], body["merchant"]
        checks = body.get("authentication") or {}
        customer = body.get("customer") or {}
        return {
            "received_at": record.appended_at,
            "occurred_at": body["occurred_at"],
            "merchant_account": body["merchant_account"],
            "payment_id": body["payment_id"],
            "attempt": body.get("attempt", 1),
            "phase": body.get("phase", "pre_auth"),
            "amount": body["amount"],
            "currency": body["currency"],
            **self._tokens(body, method, customer.get("id"), merchant["id"]),
            "customer_since": customer.get("created_at"),
            "mcc": merchant.get("mcc") or "",
            "merchant_country": merchant.get("country") or "",
            "channel": body.get("channel", "ecommerce"),
            "three_ds_version": checks.get("three_ds_version") or "",
            "three_ds_result": checks.get("three_ds_result") or "",
            "eci": checks.get("eci") or "",
            "liability_shift": checks.get("liability_shift"),
            "sca_exemption_asked": checks.get("sca_exemption") or "",
            "merchant_initiated": checks.get("merchant_initiated", False),
            "avs_result": checks.get("avs_result") or "",
            "cvv_result": checks.get("cvv_result") or "",
        }

    def _tokens(self, body: Cells, method: Cells, customer: str | None, merchant: str) -> Cells:
        return {
            "merchant_id": merchant,
            "method": method["kind"],
            "card": method["token"],
            "bin": method.get("bin") or "",
            "issuer_country": method.get("country") or "",
            "customer": customer or "",
            "device": body.get("device_id") or "",
            "ip_network": self._network(body.get("ip")),
            "email": body.get("email_token") or "",
            "delivery_address": body.get("delivery_address_token") or "",
        }

    def _network(self, ip: str | None) -> str:
        try:
            address = ip_address(ip or "")
        except ValueError:
            return ""
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        network = ip_network((address, 24 if address.version == 4 else 48), strict=False)
        return hmac.new(self._key, str(network).encode(), hashlib.sha256).hexdigest()[:16]

    def _fill_decisions(self) -> None:
        standing: dict[tuple[Any, ...], Cells] = {}
        for record in self._log.of_type("decision", "decisions"):
            row = self._decision(record)
            key = _key(row)
            replaced = {} if row["duplicate"] else standing.get(key, {})
            row |= {
                "superseded_verdict": replaced.get("verdict", ""),
                "superseded_decided_by": replaced.get("decided_by", ""),
                "superseded_rule": replaced.get("deciding_rule", ""),
                "superseded_hits": replaced.get("hits", []),
                "superseded_model": replaced.get("model", ""),
                "superseded_reference_amount": replaced.get("reference_amount", 0),
            }
            self.tables["decisions"].append(row)
            if not row["duplicate"]:
                standing[key] = row
                self._made[key].append(row)
                self._add_events(record, row, "decision", row["engine_time"], row["verdict"], row["reasons"])
        # Only a later phase replaces: two decisions of one phase are two payments of a careless sender.
        for row in self.tables["decisions"]:
            if row["phase"] == "pre_auth":
                row |= {
                    "superseded_verdict": "", "superseded_decided_by": "", "superseded_rule": "",
                    "superseded_hits": [], "superseded_model": "", "superseded_reference_amount": 0,
                }  # fmt: skip

    def _decision(self, record: LogRecord) -> Cells:
        body = record.content
        versions, sca = body["versions"], body.get("sca") or {}
        codes = [reason["code"] for reason in body.get("reasons", [])]
        attempt = (
            body["merchant_account"], body["payment_id"], body["attempt"], body["phase"], body["received_at"],
        )  # fmt: skip
        duplicate = body.get("duplicate", False)
        payment = None if duplicate else self._payments.get(attempt)
        names = (
            "sequence", "merchant_account", "payment_id", "attempt", "phase", "verdict", "score", "hits",
            "amount", "currency", "reference_amount", "method", "merchant_id", "occurred_at", "received_at",
            "engine_time",
        )  # fmt: skip
        return {
            **record.cells(self._log.engine),
            **{name: body[name] for name in names},
            "probability": body.get("probability"),
            "merchant_country": body.get("merchant_country") or "",
            "decided_at": record.appended_at,
            "latency_ms": record.appended_at - body["received_at"],
            **{name: versions.get(name) or "" for name in ("model", "ruleset", "policy", "catalogue")},
            "duplicate": duplicate,
            **{name: body.get(name, []) for name in ("degraded", "tags", "shadow_hits", "redacted")},
            "decided_by": body.get("decided_by", "policy"),
            "level": body.get("level") or "",
            "deciding_rule": codes[0] if body.get("level") and codes else "",
            "reasons": codes,
            "propensity": body.get("propensity"),
            "sca": sca.get("status", ""),
            "sca_exemption": sca.get("exemption") or "",
            "sca_scope": sca.get("scope") or "",
            "liability": sca.get("liability", "unknown") if sca else "",
            **_trial(body.get("challenger") or {}),
            "late": body.get("late", False),
            "payment_known": payment is not None,
            **{name: (payment or {}).get(name, "") for name in OF_PAYMENT},
        }

    def _fill_refusals(self) -> None:
        for record in self._log.of_type("dead_letter", "dead-letters"):
            body = record.content
            row = record.cells(self._log.engine) | {
                "topic": body["topic"], "partition": body["partition"], "offset": body["offset"],
                "received_at": body["received_at"], "decided_at": record.appended_at,
                "reason": body["reason"], "detail": body["detail"], "payload_bytes": body["payload_bytes"],
                "payload_sha256": body["payload_sha256"], "masked": body.get("masked", False),
                "merchant_account": body.get("merchant_account") or "",
                "payment_id": body.get("payment_id") or "", "answered": body.get("answered") is True,
            }  # fmt: skip
            self.tables["dead_letters"].append(row)
            if row["answered"] and row["payment_id"]:
                unknown = {"attempt": 0, "phase": "", "merchant_id": "", "amount": 0, "currency": ""}
                about = {name: row[name] for name in ("merchant_account", "payment_id")} | unknown
                self._add_event(
                    record, about, "payment", row["payment_id"], "refusal", body["received_at"],
                    body["reason"], body["detail"],
                )  # fmt: skip

    def _fill_outcomes(self) -> None:
        seen: set[tuple[Any, ...]] = set()
        for record in self._log.of_type("outcome", "outcomes", "history"):
            body, row = record.content, self._report(record)
            kind = (*_key(row), body["kind"])
            decline, refund = body.get("decline_group") or "", body.get("refund_reason") or ""
            row |= {
                "kind": body["kind"], "at": body["at"], "decline_group": decline,
                "response_code": body.get("response_code") or "", "refund_reason": refund,
                "reference_amount": self._cents(row, body["amount"]),
                "repeated": (*kind, body["at"]) in seen, "first_of_kind": kind not in seen,
                "challenged": any(
                    made["verdict"] == "challenge" for made in self._before(row, record.appended_at)
                ),
            }  # fmt: skip
            seen |= {kind, (*kind, body["at"])}
            self.tables["outcomes"].append(row)
            self._add_events(record, row, "outcome", body["at"], body["kind"], [decline or refund])

    def _fill_labels(self) -> None:
        standing: dict[tuple[Any, ...], tuple[tuple[int, int], str]] = {}
        first: dict[tuple[Any, ...], int] = {}
        for record in self._log.of_type("label", "labels", "history"):
            body = record.content
            attempt = body["merchant_account"], body["payment_id"], body.get("attempt", 1)
            since = first.setdefault(attempt, record.appended_at)
            row = self._report(record, since)
            source, final = body.get("source", "unspecified"), body.get("final", False)
            rank = strength(source, final)
            before = standing.get(_key(row))
            if before is None or (rank, body["known_at"]) >= before[0]:
                standing[_key(row)] = (rank, body["known_at"]), body["label"]
            row |= {
                "label": body["label"], "source": source, "strength": rank, "final": final,
                "weight": body.get("weight", 1.0), "repeats": body.get("repeats", False),
                "known_at": body["known_at"],
                "age_days": max(0, min(65_535, (body["known_at"] - row["cohort_at"]) // DAY_MS)),
                "stood_before": before[1] if before else "", "stands_after": standing[_key(row)][1],
            }  # fmt: skip
            made = list(self._before(row, since))
            last = made[-1] if made else {}
            for name in ("challenger_model", "challenger_verdict", "champion_model", "champion_verdict"):
                row[name] = last.get(name, "")
            for name in ("probability", "challenger_probability", "champion_probability"):
                row[name] = last.get(name)
            row["shadow_hits"] = last.get("shadow_hits", [])
            self.tables["labels"].append(row)
            self._add_events(record, row, "label", body["known_at"], body["label"], [source])

    def _fill_disputes(self) -> None:
        seen: set[tuple[Any, ...]] = set()
        for record in self._log.of_type("dispute", "disputes"):
            body, row = record.content, self._report(record)
            part = body["amount"] if body.get("disputed_amount") is None else body["disputed_amount"]
            stage = (*_key(row), body["dispute_id"], body["stage"])
            row |= {
                "dispute_id": body["dispute_id"], "stage": body["stage"], "at": body["at"],
                "disputed_amount": part, "reference_amount": self._cents(row, part),
                "scheme": body.get("scheme") or "", "reason_code": body.get("reason_code") or "",
                "ground": body.get("ground") or "", "dispute_channel": body.get("channel") or "",
                "repeated": stage in seen,
            }  # fmt: skip
            seen.add(stage)
            self.tables["disputes"].append(row)
            self._add_events(record, row, "dispute", body["at"], body["stage"], [row["reason_code"]])

    def _fill_reviews(self) -> None:
        for record in self._log.of_type("analyst_verdict", "disputes"):
            body, row = record.content, self._report(record)
            row |= {
                "label": body["label"], "at": body["at"], "author": body["author"],
                "reason": body.get("reason") or "",
            }  # fmt: skip
            self.tables["reviews"].append(row)
            self._add_events(record, row, "review", body["at"], body["label"], [body["author"]])

    def _report(self, record: LogRecord, until: int | None = None) -> Cells:
        """What outcomes, labels, disputes and reviews have in common; the decision is the last one that was
        made until then (ms), else until the record came.
        """
        body = record.content
        row = {
            **record.cells(self._log.engine),
            "appended_at": record.appended_at,
            **{name: body[name] for name in REPORTED},
            "attempt": body.get("attempt", 1),
            **self._tokens(
                body["tokens"], body["tokens"]["method"], body["tokens"].get("customer_id"),
                body["tokens"]["merchant_id"],
            ),
        }  # fmt: skip
        made = list(self._before(row, record.appended_at if until is None else until))
        last = made[-1] if made else {}
        names = (
            "verdict",
            "decided_by",
            "deciding_rule",
            "model",
            "ruleset",
            "merchant_country",
            "mcc",
            "channel",
        )
        return row | {
            "decision_known": bool(made),
            "cohort_at": min(last.get("engine_time", body["occurred_at"]), LAST_DAY_MS),
            **{name: last.get(name, "") for name in names},
            "hits": last.get("hits", []),
            **{name: last.get(name, row[name]) for name in ("merchant_id", "bin", "issuer_country")},
            "payment_reference_amount": last.get("reference_amount", 0),
        }

    def _before(self, row: Cells, time_ms: int) -> Iterator[Cells]:
        """The decisions on the attempt that were made until then."""
        return (made for made in self._made.get(_key(row), ()) if made["decided_at"] <= time_ms)

    def _cents(self, row: Cells, amount: int) -> int:
        """Of a part of the payment, at the rate of the decision that stood."""
        made = [
            each for each in self._made.get(_key(row), ()) if each["decided_at"] <= row["appended_at"]
        ]  # fmt: skip
        if not made or made[-1]["currency"] != row["currency"] or not made[-1]["amount"]:
            return 0
        return round(Fraction(amount * made[-1]["reference_amount"], made[-1]["amount"]))

    def _add_events(
        self, record: LogRecord, row: Cells, event: str, time_ms: int, what: str, details: list[str]
    ) -> None:
        row = row | {"merchant_id": record.content.get("tokens", row)["merchant_id"]}
        for entity, token in (("payment", row["payment_id"]), *((e, row[c]) for e, c in ENTITIES.items())):
            if token:
                self._add_event(record, row, entity, token, event, time_ms, what, " ".join(details))

    def _add_event(
        self, record: LogRecord, row: Cells, entity: str, token: str, event: str, time_ms: int, what: str,
        detail: str,
    ) -> None:  # fmt: skip
        names = ("merchant_account", "payment_id", "attempt", "merchant_id", "amount", "currency")
        self.tables["timeline"].append(
            record.cells(self._log.engine)
            | {name: row[name] for name in names}
            | {
                "entity": entity,
                "token": token,
                "event": event,
                "at": time_ms,
                "what": what,
                "detail": detail,
            }
            | {"phase": row["phase"] if event == "decision" else ""}
        )


def _trial(challenger: Cells) -> Cells:
    champion = challenger.get("champion") or {}
    sides = (("challenger", challenger), ("champion", champion))
    return {
        **{f"{side}_{name}": said.get(name) or "" for side, said in sides for name in ("model", "verdict")},
        **{f"{side}_probability": said.get("probability") for side, said in sides},
    }


def _key(row: Cells) -> tuple[Any, ...]:
    return row["merchant_account"], row["payment_id"], row["attempt"]
