"""Decisions from what their records keep: the same for a new payment and for its duplicates."""

from collections.abc import Iterator

import numpy as np

from models.messages import Challenger, Champion, Decision, Payment, Versions
from models.policy import APPROVE, VERDICTS
from models.scoring import in_words
from models.units import MICRO
from streams.engine.admission import NO_TRIAL, Words, unpacked
from streams.engine.decision import degraded_names
from streams.engine.output.wording import (
    DECIDED_BY,
    MERCHANT_TEXTS,
    RULES_DECIDED,
    Said,
    numbers_of,
    sca_of,
)

CUT = "hits"
"""In `degraded` where a set of hits had to be cut (`streams.engine.decision.hit_sets`)."""

ANSWERED = (
    "engine_time", "received_at", "reference_amount", "probability", "propensity", "reasons", "degraded",
    "sca", "score", "verdict", "decided_by",
)  # fmt: skip
"""What of a record an answer says, in this order."""


def decisions(
    engine: str,
    payments: list[Payment],
    records: np.ndarray,
    duplicate: list[bool],
    kept: np.ndarray,
    words: list[Said],
    tried: Words | None = None,
) -> Iterator[Decision]:
    """The decisions of payments by sequence, record (`admission.RECORD`), the words of their hits, and of
    their trials (`streams.engine.admission.trial_words`).
    """
    fields = (kept[name].tolist() for name in ANSWERED)
    trials = [NO_TRIAL] * len(kept) if tried is None else tried.tolist()
    rows = zip(payments, records.tolist(), duplicate, words, trials, *fields, strict=True)
    for (
        p, record, repeated, said, trial, time, received, amount, probability, propensity, reasons, lacks,
        sca, score, verdict, by,
    ) in rows:  # fmt: skip
        degraded = degraded_names(lacks) if lacks else ()
        versions, challenger = said.versions, None
        if trial != NO_TRIAL:
            versions, challenger = _tried(said, trial, probability, verdict)
        yield Decision(
            engine, record + 1, p.merchant_account, p.payment_id, p.attempt, p.phase, VERDICTS[verdict],
            None if probability < 0 else probability / MICRO,
            score, said.hits, p.amount, p.currency, amount, p.method.kind, p.merchant.id, p.merchant.country,
            p.occurred_at, received, time, versions, repeated,
            (*degraded, CUT) if said.cut else degraded,
            DECIDED_BY[by],
            said.level if by in RULES_DECIDED else None,
            said.tags,
            said.shadow_hits,
            sca_of(sca),
            None if propensity < 0 else propensity / MICRO,
            said.reasons if verdict == APPROVE else said.reasons + in_words(numbers_of(reasons)),
            MERCHANT_TEXTS[verdict][by],
            challenger,
        )  # fmt: skip


def _tried(said: Said, word: int, probability: int, verdict: int) -> tuple[Versions, Challenger]:
    """The versions that decided, and what a decision says of the challenger."""
    other, tried = unpacked(word), said.challenger
    assert tried is not None
    assert tried.model is not None
    assert said.versions.model is not None
    if not other.challenger_decided:
        found = Challenger(tried.model, _share(other.probability), VERDICTS[other.verdict])
        return said.versions, found
    champion = Champion(said.versions.model, _share(other.probability), VERDICTS[other.verdict])
    return tried, Challenger(tried.model, _share(probability), VERDICTS[verdict], champion)


def _share(micro: int) -> float | None:
    return None if micro < 0 else micro / MICRO
