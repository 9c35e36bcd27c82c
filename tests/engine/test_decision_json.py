"""Decisions put together from pieces are, byte for byte, what msgspec makes of them."""

from typing import Any

import msgspec
import numpy as np
import pytest

from models.messages import Decision, Merchant, Method, MethodKind, Payment, Phase, Versions, encode
from models.policy import VERDICTS, DecidedBy
from models.scoring.reason_codes import CODES, NONE
from streams.engine.admission import NO_TRIAL, pack_trial_words
from streams.engine.admission.admission import RECORD
from streams.engine.decision import HitSets
from streams.engine.output import DecisionWriter
from streams.engine.result import DecisionOrigin, RuleText

TEXTS = (
    "acme-eu", 'say "so"', "back\\slash", "tab\there", "é", "東京", "\u2028", "\x7f", "a/b", "<&>", " ", "🙂",
    "\u200b", "nul\x00", "x" * 128,
)  # fmt: skip
RULES = tuple(
    RuleText(
        f"rule_{at}", f"What {TEXTS[at]} means", ("global", "merchant m_1")[at % 2], (None, "seen")[at % 2]
    )
    for at in range(10)
)
N = 400


def origins() -> list[DecisionOrigin]:
    return [
        DecisionOrigin(Versions("0123"), 7, ()),
        DecisionOrigin(Versions("0123", "m", "r", "p"), 0, RULES),
        DecisionOrigin(Versions("0123", "m", "r", "p"), 0, RULES, "challenger"),
    ]


def keys_of(draw: np.random.Generator) -> list[bytes]:
    """Sets of hits of all three origins."""
    keys = []
    for _ in range(40):
        origin, cut = int(draw.integers(0, 3)), int(draw.integers(0, 2))
        width = -(-len(RULES) // 8) if origin else 0
        hits = draw.random(10) < draw.choice((0.0, 0.3))
        shadow = draw.random(10) < draw.choice((0.0, 0.2))
        hit = np.flatnonzero(hits).tolist() if origin else []
        deciding = int(draw.choice(hit)) if hit and draw.random() < 0.7 else 0xFFFF
        bits = [np.packbits(each, bitorder="little").tobytes()[:width] for each in (hits, shadow)]
        keys.append(
            np.uint32(origin).tobytes() + deciding.to_bytes(2, "little") + bytes([cut]) + b"".join(bits)
        )
    return keys


def payment(draw: np.random.Generator, number: int) -> Payment:
    def one(*choices: Any) -> Any:
        return choices[int(draw.integers(0, len(choices)))]

    return Payment(
        merchant_account=one(*TEXTS),
        payment_id=f"{one(*TEXTS)}{number}",
        occurred_at=int(draw.integers(0, 2**53)),
        amount=int(draw.integers(0, 10**12)),
        currency=one("EUR", "JPY", "ZZ é"),
        method=Method(one(*MethodKind), "tok"),
        merchant=Merchant(one(*TEXTS), country=one("DE", None)),
        attempt=int(draw.integers(1, 256)),
        phase=one(*Phase),
    )


def records(draw: np.random.Generator, numbers: np.ndarray) -> np.ndarray:
    made = np.zeros(N, RECORD)
    made["hit_set"], made["engine_time"] = numbers, 1_780_000_000_000
    made["received_at"] = draw.integers(0, 2**53, N)
    made["reference_amount"] = draw.integers(0, 10**12, N)
    for name in ("probability", "propensity"):
        few = draw.integers(-1, 30, N)
        made[name] = np.where(draw.random(N) < 0.5, few, draw.integers(-1, 1_000_001, N))
    codes = draw.choice((*range(len(CODES) + 1), NONE), (3, N)).astype(np.uint32)
    made["reasons"] = codes[0] | codes[1] << 8 | codes[2] << 16
    made["degraded"] = draw.integers(0, 128, N) * (draw.random(N) < 0.5)
    made["sca"] = draw.choice((0, 1, 2 | 1 << 3, 3, 1 | 5 << 6, 3 | 3 << 9, 2 | 4 << 3 | 1 << 9), N)
    made["score"] = draw.integers(0, 101, N)
    made["verdict"] = draw.integers(0, len(VERDICTS), N)
    made["decided_by"] = draw.integers(0, len(DecidedBy), N)
    return made


@pytest.mark.parametrize("seed", range(6))
def test_the_pieces_give_the_bytes_that_msgspec_gives(seed: int) -> None:
    draw = np.random.default_rng(seed)
    sets = HitSets()
    keys = keys_of(draw)
    times = np.full(len(keys), 1_780_000_000_000)
    chosen = draw.integers(0, len(keys), N)
    numbers = sets.intern(keys, times)[chosen]
    writer = DecisionWriter(str(draw.choice(TEXTS)), sets, origins())
    tried = np.array([int.from_bytes(keys[at][:4], "little") == 2 for at in chosen]) & (draw.random(N) < 0.5)
    outcomes = pack_trial_words(
        draw.integers(-1, 1_000_001, N), draw.integers(0, 4, N).astype(np.uint8), draw.random(N) < 0.5
    )
    trials = np.where(tried, outcomes, NO_TRIAL).astype(np.uint32)
    payments = [payment(draw, number) for number in range(N)]
    duplicate = (draw.random(N) < 0.2).tolist()
    sequences = draw.integers(0, 2**53, N)
    rows = list(writer.rows(payments, sequences, duplicate, records(draw, numbers), trials))
    for row in rows:
        body = writer.body(row)
        assert body == encode(writer.decision(row))
        assert msgspec.json.decode(body, type=Decision) == writer.decision(row)
    assert len({writer.body(row) for row in rows}) == N
