"""Looking at one payment or one engine, for people: explanations, verification, labels, the TRA meter.

Reads the log and snapshots, and writes one thing: an analyst's verdict. Imports `streams.engine`,
`streams.control_plane` and `streams.kafka`; never on the path of a decision.
"""

from streams.inspect.counterfactual import SuppliedInputs, counterfactual, in_effect_at, parse_case
from streams.inspect.label_evidence import (
    dossiers,
    learned_maturity,
    parked,
    read_maturity,
    send_verdict,
    verdict_on,
)
from streams.inspect.label_text import evidence_table, label_text, maturity_text, parked_tables
from streams.inspect.payment_case import (
    PaymentCase,
    context_at,
    find_payment,
    parse_payment,
    payment_decided_at,
    rule_rows,
    with_usable_vector,
)
from streams.inspect.rescoring import RescoredVerdict, rescored
from streams.inspect.tra_meter import ONLY_A_METER, quarters_seen
from streams.inspect.verify import Verifier

__all__ = [
    "ONLY_A_METER",
    "PaymentCase",
    "RescoredVerdict",
    "SuppliedInputs",
    "Verifier",
    "context_at",
    "counterfactual",
    "dossiers",
    "evidence_table",
    "find_payment",
    "in_effect_at",
    "label_text",
    "learned_maturity",
    "maturity_text",
    "parked",
    "parked_tables",
    "parse_case",
    "parse_payment",
    "payment_decided_at",
    "quarters_seen",
    "read_maturity",
    "rescored",
    "rule_rows",
    "send_verdict",
    "verdict_on",
    "with_usable_vector",
]
