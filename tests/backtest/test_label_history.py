"""A case file answers for any day which label stood, as `models.labels.standing_label` does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.labels.standing import standing_label
from models.labels.strength import STRENGTH, strength
from models.messages.label import Label, LabelValue
from models.messages.outcome import Tokens
from models.messages.payment import Method, MethodKind
from streams.backtest.cases.label_history import LABEL_CODES, LabelHistory

TOKENS = Tokens(Method(MethodKind.CARD, "tok"), "m1")
DAYS = st.integers(0, 6)
LABELS = st.builds(
    lambda payment, value, day, source, final: Label(
        "acme", str(payment), value, day, 0, 100, "EUR", TOKENS, source=source, final=final
    ),
    st.integers(0, 3), st.sampled_from(LabelValue), DAYS, st.sampled_from(sorted(STRENGTH)), st.booleans(),
)  # fmt: skip


@given(st.lists(LABELS, max_size=30), DAYS)
def test_any_day_can_be_asked_for(log: list[Label], day: int) -> None:
    log.sort(key=lambda label: label.payment_id)
    rows = [
        (int(label.payment_id), label.known_at, LABEL_CODES[label.label], strength(label.source, label.final))
        for label in log
    ]
    payment, known_at, code, strong = np.array(rows, np.int64).reshape(-1, 4).T
    history = LabelHistory.of(4, payment, known_at, code.astype(np.uint8), strong)
    stored = LabelHistory.from_arrow(history.to_arrow())
    by_payment = [[label for label in log if label.payment_id == str(payment)] for payment in range(4)]
    standing = [standing_label(labels, day) for labels in by_payment]
    expected = [LABEL_CODES[None if label is None else label.label] for label in standing]
    assert stored.standing_at(day).tolist() == expected
