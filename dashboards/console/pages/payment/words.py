"""What codes of the warehouse mean, in words of people who work with payments."""

from typing import Final

from models.scoring import CODES

DECIDED_BY: Final = {
    "policy": "the policy, by probability, amount and costs",
    "fallback": "the fallback: something that judging needs was missing",
    "legal_block": "a rule of law (sanctions): it stands above everything",
    "allow": "a rule that allows",
    "block": "a rule that blocks",
    "review_rule": "a rule that asks for a review",
    "score": "the rules' score",
    "soft_decline": "the issuer, who asked for authentication",
    "holdout": "the draw: some payments are approved at random, so that their truth becomes known",
    "challenge_rule": "a rule that asks for 3-D Secure",
    "sca": "the law, which asks for authentication",
}
"""What brought a verdict about."""
SHORT: Final = {
    "policy": "policy",
    "fallback": "fallback",
    "legal_block": "legal block",
    "allow": "allowed",
    "block": "blocked",
    "review_rule": "review rule",
    "score": "rule score",
    "soft_decline": "soft decline",
    "holdout": "holdout",
    "challenge_rule": "3DS rule",
    "sca": "SCA",
}
"""The same for a column of a table."""
PHASES: Final = {
    "pre_auth": "before authorisation", "post_3ds": "after 3-D Secure", "post_auth": "after authorisation",
}  # fmt: skip
METHODS: Final = {
    "card": "card", "wallet": "wallet", "bank_debit": "bank debit", "bank_transfer": "bank transfer",
    "pay_later": "pay later",
}  # fmt: skip
CHANNELS: Final = {
    "ecommerce": "online",
    "app": "app",
    "pos": "point of sale",
    "moto": "mail or telephone",
    "recurring": "recurring",
}
DEGRADED: Final = {
    "model": "no model could score it",
    "ruleset": "there was no ruleset",
    "policy": "there was no policy",
    "fx": "there was no exchange rate",
    "rule_error": "a rule could not be computed",
    "warming": "features added lately do not reach back in full yet (the verdict is not affected)",
    "hits": "too many sets of rules hit lately: only the deciding rule is named (the verdict is as it was)",
}
ENTITIES: Final = {
    "payment": "This payment", "card": "Card", "customer": "Customer", "device": "Device", "ip": "IP network",
    "email": "E-mail", "delivery_address": "Address",
}  # fmt: skip
"""What a token is of, in the order of the tabs."""
EVENTS: Final = {
    ("decision", "approve"): "approved",
    ("decision", "challenge"): "challenged",
    ("decision", "review"): "held for review",
    ("decision", "decline"): "declined",
    ("outcome", "authorised"): "authorised by the issuer",
    ("outcome", "declined"): "declined by the issuer",
    ("outcome", "authenticated"): "authenticated (3-D Secure)",
    ("outcome", "authentication_failed"): "authentication failed (3-D Secure)",
    ("outcome", "captured"): "captured",
    ("outcome", "refunded"): "refunded",
    ("outcome", "voided"): "voided",
    ("label", "fraud"): "known as fraud",
    ("label", "friendly"): "known as friendly fraud",
    ("label", "legitimate"): "known as legitimate",
    ("label", "unknown"): "known again as unknown",
}
SOURCES: Final = {
    "silence": "no complaint within the time for it",
    "unspecified": "a label whose source was not stated",
    "simulator": "the simulator",
    "dispute": "a dispute that never claimed fraud",
    "inquiry": "a question by the card's bank",
    "refund": "a refund marked as fraudulent",
    "review": "a reviewer's verdict, before any dispute",
    "fraud_notice": "a fraud report by the card's issuer",
    "prevented": "an alert on which it was paid back",
    "chargeback": "a chargeback",
    "pre_arbitration": "a pre-arbitration",
    "analyst": "an analyst's verdict, given with the dispute known",
    "arbitration": "an arbitration",
}
"""What a label rests on."""
LABEL_TONES: Final = {"fraud": "bad", "friendly": "warning", "legitimate": "good"}
_MODEL_REASONS: Final = {code.code: code.text for code in CODES}


def event_words(event: str, what: str) -> str:
    """What happened.

    >>> event_words("decision", "decline"), event_words("dispute", "pre_arbitration")
    ('declined', 'dispute: pre arbitration')
    >>> event_words("review", "fraud")
    'an analyst concluded: fraud'
    """
    known = EVENTS.get((event, what))
    if known:
        return known
    plain = what.replace("_", " ")
    return f"an analyst concluded: {plain}" if event == "review" else f"{event}: {plain}"


def source_words(source: str) -> str:
    """What a label rests on.

    >>> source_words("fraud_notice"), source_words("case_tool")
    ("a fraud report by the card's issuer", 'case tool')
    """
    return SOURCES.get(source, source.replace("_", " "))


def model_reason(code: str) -> str | None:
    """A reason of the model in words; None for a rule's id.

    >>> model_reason("NEW_DEVICE"), model_reason("velocity")
    ('The device is new or unknown', None)
    """
    return _MODEL_REASONS.get(code)


def masked(token: str) -> str:
    """A token for who may not see tokens: enough to tell two of them apart.

    >>> masked("tok_card_1234"), masked("abc"), masked("")
    ('…1234', '…', '')
    """
    return f"…{token[-4:]}" if len(token) >= 8 else "…" if token else ""
