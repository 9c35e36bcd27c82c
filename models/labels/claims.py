"""What one dispute means for its payment: its stages, in any order and repeated, give one claim.

A dispute has a level, the furthest it got, which tells how strong the evidence is (`models.labels.strength`):
inquiry, fraud notice, prevented, chargeback (a representment shows that there was one), pre-arbitration,
arbitration. What it claims is given by the last reason code that means something; a fraud notice without one
claims fraud itself. How it ended decides who bears the loss, so it changes the label only by the ground
given.

| claimed | how it stands | label | weight |
|---|---|---|---|
| fraud | open, accepted or expired | fraud | by level |
| fraud | reversed: `liability_shifted`, `credit_issued`, `procedural` | fraud | by level |
| fraud | reversed: `participation_shown` | friendly | 1 |
| fraud | reversed: `cardholder_recognised` | legitimate | 1 |
| fraud | reversed, no ground given | fraud | half |
| fraud | an inquiry that expired, or was reversed without a ground | unknown | 0 |
| fraud, of another kind than the payment | any | unknown | 0 |
| consumer | open, accepted, expired, or reversed on another ground | legitimate | 1 |
| consumer | reversed: `participation_shown` | friendly | 1 |
| consumer | reversed, no ground given | friendly | half |
| processing, authorisation, programme, unknown code | any | unknown | 0 |

Why: a cardholder who claims fraud states "not me", one who claims anything else states "I paid", whether the
dispute is lost or not; so lost is not fraud. Won is not legitimate: most claims of fraud are won because
another party bears the loss or for a missed day, and a third person paid all the same. Only evidence that the
cardholder took part, or their own word, changes who paid. A won consumer claim did not hold, which is
first-party misuse at most, never fraud by a third.

`unknown` is no label; it is sent so that a label by silence, sent before, no longer stands. A dispute that
never claimed fraud has the source `dispute` and is never final: a claim of fraud may still come, and is
stronger. Card-present codes are fraud only of payments whose `channel` is `pos`, card-absent ones only of
others.

Invariants
- The claim depends on the set of stages alone.
- More stages never make it weaker: level and finality only rise. So a reader who keeps the strongest label of
  those sent, in the order sent, ends with this one.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from models.labels.facts import DisputeFact, LabelContent
from models.labels.reason_meanings import ReasonMeaning, reason_meaning
from models.labels.strength import strength
from models.messages import Channel, DisputeStage, LabelValue, ReversalGround

LEVELS: Final = {
    DisputeStage.INQUIRY: "inquiry",
    DisputeStage.FRAUD_NOTICE: "fraud_notice",
    DisputeStage.PREVENTED: "prevented",
    DisputeStage.CHARGEBACK: "chargeback",
    DisputeStage.REPRESENTMENT: "chargeback",
    DisputeStage.PRE_ARBITRATION: "pre_arbitration",
    DisputeStage.ARBITRATION: "arbitration",
}
"""Source of the label by stage. What ends a dispute (accepted, expired, reversed) does not show how far it
got: without any other stage it counts as little as an inquiry.
"""

WEIGHTS: Final = {"inquiry": 0.3, "fraud_notice": 0.8, "prevented": 0.9}
"""Of a claim of fraud by level; 1 from a chargeback on. Notices and alerts include friendly fraud that is not
contested.
"""
UNSEEN_OPENING: Final = 0.5
"""Of a claim of fraud whose dispute is known by its end only."""
UNEXPLAINED_REVERSAL: Final = 0.5

ENDS: Final = frozenset({DisputeStage.ACCEPTED, DisputeStage.EXPIRED, DisputeStage.REVERSED})
_FRAUD: Final = frozenset({ReasonMeaning.CARD_ABSENT_FRAUD, ReasonMeaning.CARD_PRESENT_FRAUD})
_NO_CLAIM: Final = frozenset({ReasonMeaning.UNKNOWN, ReasonMeaning.PROGRAMME})
_STEPS: Final = tuple(DisputeStage)
_encode = msgspec.json.Encoder(order="deterministic").encode


def in_order(facts: Sequence[DisputeFact]) -> list[DisputeFact]:
    """Each fact once, by time, then by the course disputes take."""
    return sorted(set(facts), key=lambda fact: (fact.at, _STEPS.index(fact.stage), _encode(fact)))


def claim(facts: Sequence[DisputeFact]) -> LabelContent:
    """The label that one dispute gives. `facts`: its stages, at least one, in any order.

    >>> chargeback = DisputeFact("d1", DisputeStage.CHARGEBACK, 100, scheme="visa", reason_code="10.4")
    >>> won = DisputeFact("d1", DisputeStage.REVERSED, 200, ground=ReversalGround.PARTICIPATION_SHOWN)
    >>> claim([chargeback]).label.value, claim([won, chargeback]).label.value
    ('fraud', 'friendly')
    """
    ordered = in_order(facts)
    current = _as_of(ordered[:1])
    for known in range(2, len(ordered) + 1):
        later = _as_of(ordered[:known])
        if msgspec.structs.replace(later, known_at=current.known_at) != current:
            current = later
    return current


def _as_of(ordered: Sequence[DisputeFact]) -> LabelContent:
    """The claim of the stages known so far, as if it had changed with the last of them."""
    meaning, claimed_fraud = _meaning(ordered)
    level = _level(ordered)
    if meaning in _FRAUD:
        label, weight = _of_fraud(meaning, level, ordered)
    elif meaning is ReasonMeaning.CONSUMER:
        label, weight = _of_consumer(ordered)
    else:
        label, weight = LabelValue.UNKNOWN, 0.0
    if not claimed_fraud:
        return LabelContent(label, "dispute", weight, False, ordered[-1].at)
    return LabelContent(label, level, weight, _is_final(ordered, level), ordered[-1].at)


def _meaning(ordered: Sequence[DisputeFact]) -> tuple[ReasonMeaning, bool]:
    """What is claimed now, and whether fraud ever was."""
    at_terminal = _at_terminal(ordered)
    meanings = [meaning for fact in ordered if (meaning := _claimed(fact, at_terminal)) not in _NO_CLAIM]
    return (meanings[-1] if meanings else ReasonMeaning.UNKNOWN), bool(_FRAUD.intersection(meanings))


def _at_terminal(ordered: Sequence[DisputeFact]) -> bool:
    """Whether the payment was made at one, by the last stage that states how it was made."""
    channels = [fact.channel for fact in ordered if fact.channel is not None]
    return bool(channels) and channels[-1] is Channel.POS


def _claimed(fact: DisputeFact, at_terminal: bool) -> ReasonMeaning:
    """What a stage claims; a notice without a reason claims fraud of the payment's own kind."""
    code = fact.reason_code
    meaning = ReasonMeaning.UNKNOWN if code is None else reason_meaning(fact.scheme, code)
    if meaning in _NO_CLAIM and fact.stage is DisputeStage.FRAUD_NOTICE:
        return ReasonMeaning.CARD_PRESENT_FRAUD if at_terminal else ReasonMeaning.CARD_ABSENT_FRAUD
    return meaning


def _level(ordered: Sequence[DisputeFact]) -> str:
    return max(
        (LEVELS.get(fact.stage, "inquiry") for fact in ordered), key=lambda level: strength(level, False)
    )


def _of_fraud(meaning: ReasonMeaning, level: str, ordered: Sequence[DisputeFact]) -> tuple[LabelValue, float]:
    if _at_terminal(ordered) != (meaning is ReasonMeaning.CARD_PRESENT_FRAUD):
        return LabelValue.UNKNOWN, 0.0
    end = _end(ordered)
    reversed_, ground = (end is not None and end.stage is DisputeStage.REVERSED), end.ground if end else None
    if ground is ReversalGround.PARTICIPATION_SHOWN and reversed_:
        return LabelValue.FRIENDLY, 1.0
    if ground is ReversalGround.CARDHOLDER_RECOGNISED and reversed_:
        return LabelValue.LEGITIMATE, 1.0
    if _lapsed(level, end, ordered):
        return LabelValue.UNKNOWN, 0.0
    opened = any(fact.stage in LEVELS for fact in ordered)
    weight = WEIGHTS.get(level, 1.0) if opened else UNSEEN_OPENING
    return LabelValue.FRAUD, weight * (UNEXPLAINED_REVERSAL if reversed_ and ground is None else 1.0)


def _of_consumer(ordered: Sequence[DisputeFact]) -> tuple[LabelValue, float]:
    end = _end(ordered)
    if end is None or end.stage is not DisputeStage.REVERSED:
        return LabelValue.LEGITIMATE, 1.0
    if end.ground is None:
        return LabelValue.FRIENDLY, UNEXPLAINED_REVERSAL
    held = end.ground is not ReversalGround.PARTICIPATION_SHOWN
    return (LabelValue.LEGITIMATE if held else LabelValue.FRIENDLY), 1.0


def _end(ordered: Sequence[DisputeFact]) -> DisputeFact | None:
    """What ended the dispute; None while the bank pursues it. Notices and the merchant's answer do not."""
    steps = [
        fact
        for fact in ordered
        if fact.stage not in (DisputeStage.FRAUD_NOTICE, DisputeStage.REPRESENTMENT, DisputeStage.PREVENTED)
    ]
    return steps[-1] if steps and steps[-1].stage in ENDS else None


def _lapsed(level: str, end: DisputeFact | None, ordered: Sequence[DisputeFact]) -> bool:
    """Whether the bank asked and no chargeback followed."""
    asked = level == "inquiry" and any(fact.stage is DisputeStage.INQUIRY for fact in ordered)
    if not asked or end is None:
        return False
    return end.stage is DisputeStage.EXPIRED or (end.stage is DisputeStage.REVERSED and end.ground is None)


def _is_final(ordered: Sequence[DisputeFact], level: str) -> bool:
    """Whether the dispute was ended on the level it got to: only a higher level can follow then."""
    if level == "prevented":
        return True
    opened = [fact.at for fact in ordered if LEVELS.get(fact.stage, "inquiry") == level]
    return any(fact.stage in ENDS and fact.at >= min(opened) for fact in ordered)
