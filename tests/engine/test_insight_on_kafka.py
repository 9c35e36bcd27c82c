"""What the console asks the log about one payment, on a real broker."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboards.console.pages.payment.insight import NotKnown, PaymentInsight
from features.catalogue import CATALOGUE
from models.messages import Decision, decode_answer
from streams.engine.process import EngineOptions
from streams.kafka import Topics, records
from streams.settings import Settings
from tests.engine.engine_on_kafka import decide, started

pytestmark = pytest.mark.kafka


def as_in_the_warehouse(options: EngineOptions, payment_id: str) -> Mapping[str, Any]:
    """The row of a decision: its times are those of its records."""
    (answer,) = (
        record
        for record in records(options.bootstrap, Topics(options.engine)["decisions"])
        if record.key() == payment_id.encode()
    )
    decision = decode_answer(answer.value() or b"")
    assert isinstance(decision, Decision)
    return {
        "merchant_account": decision.merchant_account,
        "payment_id": decision.payment_id,
        "sequence": decision.sequence,
        "received_at": moment(decision.received_at),
        "decided_at": moment(answer.timestamp()[1]),
    }


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def test_features_counterfactual_and_re_score_come_from_the_log(options: EngineOptions) -> None:
    engine = started(options)
    decide(engine, options, ["first", "second", "third"])
    engine.close()
    row = as_in_the_warehouse(options, "third")
    insight = PaymentInsight(Settings(), options.engine, answer_max_s=60)
    features = {each.name: each.number for each in insight.features(row)}
    assert features["card_payment_count_1h"] == 2
    assert insight.why_not(row, None).tried > 0
    answer = insight.what_if(row, {"card_payment_count_1h": 50, "amount": 9_000_000})
    assert answer.probability_before is not None
    assert answer.is_scored
    assert set(insight.names()) == set(CATALOGUE.names)
    with pytest.raises(NotKnown, match="no longer on the log"):
        insight.features({**row, "sequence": 99})
    insight.close()
