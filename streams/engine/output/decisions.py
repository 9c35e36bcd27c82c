"""Decisions as they are sent, from what their records keep: the same for a new payment and its duplicates.

A record keeps numbers. What they stand for follows from the code itself (verdict, authentication, reasons)
or, for the rules that hit, from the record's set of hits and the origin that the set names.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from sys import intern
from typing import Final, NamedTuple

import numpy as np
from msgspec.structs import replace

from models.arrays import Int64s
from models.messages import (
    Challenger,
    Champion,
    Decision,
    DecisionReason,
    Payment,
    Sca,
    Versions,
    encode,
)
from models.policy import APPROVE, VERDICTS, DecidedBy, merchant_text
from models.rules import CompiledRuleset
from models.sca import Exemption, Liability, ScaStatus, Scope
from models.scoring import in_words
from models.units import MICRO
from streams.engine.admission import NO_TRIAL, TrialWords, unpack_trial_word
from streams.engine.decision import LATE, HitSets, degraded_names, unpack_hit_set
from streams.engine.output.decision_json import (
    METHODS,
    PHASES,
    REMEMBERED_MAX,
    HitSetPieces,
    RepeatedTexts,
    member,
    model_reasons,
    share,
)
from streams.engine.output.decision_json import text as quoted
from streams.engine.result import DecisionOrigin, RuleText

HIT_SET_TEXTS_MAX: Final = 10_000
"""Sets of hits whose texts are cached."""

CUT: Final = "hits"
"""In `degraded` where a set of hits had to be cut (`streams.engine.decision.hit_sets`)."""

NO_SCA: Final = 0
"""What a record keeps of payments that are not by card."""

RULES_DECIDED: Final = frozenset(
    (
        DecidedBy.LEGAL_BLOCK,
        DecidedBy.ALLOW,
        DecidedBy.BLOCK,
        DecidedBy.REVIEW_RULE,
        DecidedBy.CHALLENGE_RULE,
    )
)
DECIDED_BY: Final = tuple(intern(each.name.lower()) for each in DecidedBy)
"""Interned: a default is left out of the JSON only where it is the very same object."""

MERCHANT_TEXTS: Final = tuple(tuple(merchant_text(verdict, by) for by in DecidedBy) for verdict in VERDICTS)
"""By the codes of both."""

NOTHING: Final = ""
DUPLICATE: Final = member("duplicate", True)
LATE_PIECE: Final = member("late", True)
DECIDED_BY_PIECES: Final = tuple(
    member("decided_by", None if each == DECIDED_BY[DecidedBy.POLICY] else each) for each in DECIDED_BY
)
MERCHANT_PIECES: Final = tuple(tuple(member("merchant_text", each) for each in by) for by in MERCHANT_TEXTS)

RECORD_FIELDS: Final = (
    "engine_time", "received_at", "reference_amount", "probability", "propensity", "reasons", "degraded",
    "sca", "score", "verdict", "decided_by",
)  # fmt: skip
"""What a decision takes from its record, in this order."""


class HitSetText(NamedTuple):
    """A set of hits, as decisions describe it."""

    hits: tuple[str, ...]
    shadow_hits: tuple[str, ...]
    tags: tuple[str, ...]
    level: str | None
    """Of the rule that decides, where a rule does."""
    versions: Versions
    reasons: tuple[DecisionReason, ...]
    """The deciding rule's first."""
    cut: bool
    pieces: HitSetPieces
    """The same in JSON."""
    challenger: Versions | None = None
    """The versions where the challenger decided."""


DecisionRow = tuple[
    Payment, int, bool, HitSetText, int, int, int, int, int, int, int, int, int, int, int, int
]  # fmt: skip
"""One payment to answer, its sequence, whether it is a duplicate, its set of hits, its trial word, and what
its record keeps, as in `RECORD_FIELDS`. A plain tuple: there is one for each payment."""


class DecisionWriter:
    """Writes the decisions of one engine."""

    def __init__(self, engine: str, hit_sets: HitSets, origins: Sequence[DecisionOrigin]) -> None:
        """`hit_sets` and `origins` stay the core's: both grow while this reads them."""
        self._engine = engine
        self._hit_sets = hit_sets
        self._origins = origins
        self._texts: dict[bytes, HitSetText] = {}
        self._head = f'{{"type":"decision","engine":{quoted(engine)},"sequence":'
        self._repeated = RepeatedTexts()

    def rows(
        self,
        payments: Sequence[Payment],
        sequences: Int64s,
        duplicate: Sequence[bool],
        records: np.ndarray,
        trial_words: TrialWords | None = None,
    ) -> Iterator[DecisionRow]:
        """Payments with their records (`admission.RECORD`) and trial words."""
        fields = (records[name].tolist() for name in RECORD_FIELDS)
        trials = [NO_TRIAL] * len(records) if trial_words is None else trial_words.tolist()
        texts = self._hit_set_texts(records)
        return zip(payments, sequences.tolist(), duplicate, texts, trials, *fields, strict=True)

    def decision(self, row: DecisionRow) -> Decision:
        """The decision on a payment."""
        (
            p, sequence, repeated, text, trial, time, received, amount, probability, propensity, reasons,
            lacking, sca, score, verdict, by,
        ) = row  # fmt: skip
        degraded = degraded_names(lacking) if lacking else ()
        versions, challenger = text.versions, None
        if trial != NO_TRIAL:
            versions, challenger = _trial(text, trial, probability, verdict)
        return Decision(
            self._engine, sequence + 1, p.merchant_account, p.payment_id, p.attempt, p.phase,
            VERDICTS[verdict],
            _probability(probability),
            score, text.hits, p.amount, p.currency, amount, p.method.kind, p.merchant.id,
            p.merchant.country, p.occurred_at, received, time, versions, repeated,
            (*degraded, CUT) if text.cut else degraded,
            DECIDED_BY[by],
            text.level if by in RULES_DECIDED else None,
            text.tags,
            text.shadow_hits,
            describe_sca(sca),
            _probability(propensity),
            text.reasons if verdict == APPROVE else text.reasons + in_words(_reason_codes(reasons)),
            MERCHANT_TEXTS[verdict][by],
            challenger,
            late=lacking & LATE > 0,
        )  # fmt: skip

    def body(self, row: DecisionRow) -> bytes:
        """The decision's JSON: `encode(self.decision(row))`, from prepared pieces."""
        (
            p, sequence, repeated, text, trial, time, received, amount, probability, propensity, reasons,
            lacking, sca, score, verdict, by,
        ) = row  # fmt: skip
        if trial != NO_TRIAL:
            return encode(self.decision(row))
        written, merchant, pieces = self._repeated, p.merchant, text.pieces
        why = pieces.only_reasons
        if verdict != APPROVE:
            why = pieces.reasons + model_reasons(reasons, pieces.has_reasons)
        return (
            f'{self._head}{sequence + 1},"merchant_account":{written[p.merchant_account]},"payment_id":'
            f'{quoted(p.payment_id)},"attempt":{p.attempt}{PHASES[p.phase][verdict]}'
            f'{share(probability, MICRO)},"score":{score}{pieces.hits}{p.amount},"currency":'
            f'{written[p.currency]},"reference_amount":{amount}{METHODS[p.method.kind]}'
            f'{written[merchant.id]},"merchant_country":{written[merchant.country]},"occurred_at":'
            f'{p.occurred_at},"received_at":{received},"engine_time":{time}{pieces.versions}'
            f"{DUPLICATE if repeated else NOTHING}"
            f"{_degraded(lacking, text.cut) if lacking or text.cut else NOTHING}"
            f"{DECIDED_BY_PIECES[by]}{pieces.level if by in RULES_DECIDED else NOTHING}{pieces.rest}"
            f"{sca_piece(sca)}{propensity_piece(propensity) if propensity >= 0 else NOTHING}"
            f"{why}{MERCHANT_PIECES[verdict][by]}"
            f"{LATE_PIECE if lacking & LATE else NOTHING}}}"
        ).encode()

    def _hit_set_texts(self, records: np.ndarray) -> list[HitSetText]:
        """The texts of the records' sets of hits."""
        names = self._hit_sets.names(records["hit_set"], records["engine_time"])
        texts = {name: self._text(self._hit_sets.key(name)) for name in dict.fromkeys(names)}
        return [texts[name] for name in names]

    def _text(self, key: bytes) -> HitSetText:
        """The text of one set; the cache is emptied when it is full."""
        text = self._texts.get(key)
        if text is None:
            if len(self._texts) > HIT_SET_TEXTS_MAX:
                self._texts.clear()
            text = self._texts[key] = describe_hit_set(key, self._origins)
        return text


def describe_hit_set(key: bytes, origins: Sequence[DecisionOrigin]) -> HitSetText:
    """What decisions say of a set, by the rules of its origin."""
    hit_set = unpack_hit_set(key)
    origin = origins[hit_set.origin]
    rules = origin.rules
    hits = [rules[index] for index in hit_set.hits]
    deciding_first = sorted(hit_set.hits, key=lambda index: index != hit_set.deciding)
    ids = tuple(rule.id for rule in hits)
    shadow_ids = tuple(rules[index].id for index in hit_set.shadow)
    tags = tuple(dict.fromkeys(rule.tag for rule in hits if rule.tag is not None))
    level = rules[hit_set.deciding].level if hit_set.deciding >= 0 else None
    reasons = tuple(DecisionReason(rules[index].id, rules[index].description) for index in deciding_first)
    return HitSetText(
        ids,
        shadow_ids,
        tags,
        level,
        origin.versions,
        reasons,
        hit_set.cut,
        HitSetPieces(ids, origin.versions, level, reasons, tags, shadow_ids),
        None if origin.challenger is None else replace(origin.versions, model=origin.challenger),
    )


def rule_texts(ruleset: CompiledRuleset | None) -> tuple[RuleText, ...]:
    """What decisions say of a ruleset's rules."""
    if ruleset is None:
        return ()
    return tuple(RuleText(rule.id, rule.description, rule.level, rule.tag) for rule in ruleset.rules)


@cache
def describe_sca(code: int) -> Sca | None:
    """The words of `models.sca.assessment.ScaResult.word`: at most 1,024."""
    if code == NO_SCA:
        return None
    exemption, scope = Exemption(code >> 3 & 7), Scope(code >> 6 & 7)
    return Sca(
        ScaStatus((code & 3) - 1).name.lower(),  # type: ignore[arg-type]
        Liability(code >> 9 & 3).name.lower(),  # type: ignore[arg-type]
        None if exemption is Exemption.NONE else exemption.name.lower(),  # type: ignore[arg-type]
        None if scope is Scope.IN_SCOPE else scope.name.lower(),  # type: ignore[arg-type]
    )


@cache
def sca_piece(code: int) -> str:
    """The same in JSON."""
    return member("sca", describe_sca(code))


@lru_cache(maxsize=REMEMBERED_MAX)
def propensity_piece(micro: int) -> str:
    """How likely an approval was, in JSON."""
    return member("propensity", _probability(micro))


@lru_cache(maxsize=REMEMBERED_MAX)
def _degraded(lacking: int, cut: bool) -> str:
    """What the decision had to do without, in JSON."""
    names = degraded_names(lacking)
    return member("degraded", (*names, CUT) if cut else names)


def _trial(text: HitSetText, word: int, probability: int, verdict: int) -> tuple[Versions, Challenger]:
    """The versions that decided, and what a decision says of the challenger."""
    other, challenger = unpack_trial_word(word), text.challenger
    assert challenger is not None
    assert challenger.model is not None
    assert text.versions.model is not None
    other_probability, other_verdict = _probability(other.probability), VERDICTS[other.verdict]
    if not other.challenger_decided:
        return text.versions, Challenger(challenger.model, other_probability, other_verdict)
    champion = Champion(text.versions.model, other_probability, other_verdict)
    return challenger, Challenger(challenger.model, _probability(probability), VERDICTS[verdict], champion)


def _probability(micro: int) -> float | None:
    return None if micro < 0 else micro / MICRO


def _reason_codes(word: int) -> Sequence[int]:
    """The codes in a record's `reasons`, first to last."""
    return (word & 255, word >> 8 & 255, word >> 16 & 255)
