"""Review load, TRA bands and segments as the engine keeps them: in effect from their place on, in snapshots
as well.
"""

from typing import Any

import msgspec
import pytest

from features.catalogue import CATALOGUE
from models.messages.control import Change, Control, ReviewLoad, RulesetChange, TraBand
from models.sca.tra_bands import ENTITIES_MAX, sign
from streams.engine.decision.context import Context, ControlsInEffect, InvalidControlError

KEY = b"a key only for tests"


def no_artefact(sha256: str) -> bytes:
    raise KeyError(sha256)


def after(*changes: Change) -> Context:
    context = Context(CATALOGUE, no_artefact)
    for number, change in enumerate(changes):
        context = context.applied(Control(f"c{number}", 0, "ana", change))
    return context


def band(entity: str, quarter: str, eur: Any) -> TraBand:
    return TraBand(entity, quarter, eur, sign(entity, quarter, eur, KEY))


def ruleset(parameters: dict[str, Any]) -> RulesetChange:
    segments = [{"merchant": "m1", "parameters": parameters}]
    return RulesetChange({"name": "x", "version": 2, "rules": [], "segments": segments})


def test_the_last_review_load_and_band_are_in_effect_and_survive_a_snapshot() -> None:
    context = after(
        ReviewLoad(1, 2, 3),
        band("acme", "2026-Q4", 500),
        ReviewLoad(4, 5, 6),
        band("acme", "2026-Q4", 100),
        band("other", "2026-Q4", 250),
    )
    kept = msgspec.json.decode(msgspec.json.encode(context.document()), type=ControlsInEffect)
    for found in (context.in_effect, Context.restored(CATALOGUE, no_artefact, kept).in_effect):
        assert found.review_load == ReviewLoad(4, 5, 6)
        assert found.tra_bands == {"acme": {"2026-Q4": 100}, "other": {"2026-Q4": 250}}


def test_a_snapshot_of_before_there_were_any_has_neither() -> None:
    found = msgspec.json.decode(b"{}", type=ControlsInEffect)
    assert (found.review_load, found.tra_bands) == (None, {})


def test_one_entity_too_many_is_refused_and_changes_nothing() -> None:
    context = after(*(band(f"e{number}", "2026-Q4", 100) for number in range(ENTITIES_MAX)))
    with pytest.raises(InvalidControlError, match="1024"):
        context.applied(Control("c", 0, "ana", band("one more", "2026-Q4", 100)))
    assert len(context.in_effect.tra_bands) == ENTITIES_MAX


def test_a_segment_with_parameters_the_policy_does_not_take_is_refused() -> None:
    assert after(ruleset({"goods_bp": 9_000, "review": {"cost": 100}})).ruleset is not None
    for bad, words in (({"goods_bp": 90_000}, "goods_bp"), ({"godos_bp": 1}, "godos_bp")):
        with pytest.raises(InvalidControlError, match=words):
            after(ruleset(bad))
