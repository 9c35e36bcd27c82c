"""A challenger on trial: what it changes, for whom, and what decisions say of it."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.messages.control import ChallengerChange, ChallengerHalt, ModelChange, PromoteChange
from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Champion, Decision, Verdict
from models.messages.payment import Method, MethodKind, Phase
from models.versions import bytes_version
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.core import Core
from streams.engine.decision.context import Context
from streams.engine.result import BatchResult
from streams.errors import Misconfigured
from tests.engine.engine_log import NOW, batch_of, record
from tests.engine.judges import BUSY, HOLDOUT, control, policy_live, rule, rules_live
from tests.engine.trials import ALIKE, BROKEN, SHORT, SILENT, STERNER, UNWATCHED, offered, silenced, traffic

Engine = Callable[..., BatchResult]
HALF = 500_000
POLICY = policy_live(probability={"challenge_from": 150_000, "review_from": 250_000, "decline_from": 600_000})


@pytest.fixture(autouse=True)
def _silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    silenced(monkeypatch)


@pytest.fixture
def engine(artefacts: ArtefactStore, seed_controls: list[bytes]) -> Engine:
    """What an engine of its own makes of records behind the seed."""

    def apply(*log: bytes) -> BatchResult:
        core = Core("test", CATALOGUE, Context(CATALOGUE, artefacts.load))
        core.apply(batch_of(seed_controls))
        return core.apply(batch_of(list(log), first=len(seed_controls)))

    return apply


def said(result: BatchResult) -> list[Decision]:
    return [msgspec.json.decode(answer.body, type=Decision) for answer in result.answers]


def live(artefacts: ArtefactStore, model: bytes) -> bytes:
    return control(ModelChange(artefacts.stage(model)))


def found(decision: Decision) -> tuple[float | None, Verdict, str, tuple[object, ...]]:
    return decision.probability, decision.verdict, decision.decided_by, decision.reasons


def test_in_shadow_decisions_are_what_they_were_and_say_what_the_challenger_found(
    engine: Engine, artefacts: ArtefactStore
) -> None:
    log = [POLICY, *traffic(150)]
    alone, beside = engine(*log), engine(offered(artefacts, STERNER), *log)
    instead = said(engine(live(artefacts, STERNER), *log))
    decided = said(beside)
    assert {d.challenger.model for d in decided if d.challenger} == {bytes_version(STERNER)}
    for was, now, other in zip(alone.answers, decided, instead, strict=True):
        assert b"challenger" not in was.body
        assert now.challenger is not None
        without = msgspec.structs.replace(now, challenger=None, received_at=now.received_at - 1)
        assert msgspec.json.encode(without) == was.body
        assert (now.challenger.probability, now.challenger.verdict) == (other.probability, other.verdict)
        assert now.challenger.champion is None
    assert len({(d.verdict, d.challenger.verdict) for d in decided if d.challenger}) > 3


@pytest.mark.parametrize("model", [STERNER, SHORT], ids=["sterner", "other reasons"])
def test_its_share_is_decided_by_the_challenger_and_says_what_the_champion_found(
    engine: Engine, artefacts: ArtefactStore, model: bytes
) -> None:
    log = [POLICY, *traffic(150)]
    champions, challengers = said(engine(*log)), said(engine(live(artefacts, model), *log))
    tried = said(engine(offered(artefacts, model, HALF), *log))
    decided = 0
    for one, champion, challenger in zip(tried, champions, challengers, strict=True):
        assert one.challenger is not None
        assert (one.challenger.probability, one.challenger.verdict) == (
            challenger.probability,
            challenger.verdict,
        )
        if one.challenger.champion is None:
            assert one.versions == champion.versions
            assert found(one) == found(champion)
        else:
            decided += 1
            assert one.versions == challenger.versions
            assert found(one) == found(challenger)
            version = champion.versions.model or ""
            assert one.challenger.champion == Champion(version, champion.probability, champion.verdict)
    assert 40 < decided < 110


def test_a_card_is_in_the_share_in_every_attempt_and_phase_and_a_customer_with_every_card(
    engine: Engine, artefacts: ArtefactStore
) -> None:
    log = [
        payment
        for number in range(40)
        for payment in (
            *traffic(1, number),
            *traffic(1, number, phase=Phase.POST_3DS),
            *traffic(1, number, attempt=2, method=Method(MethodKind.CARD, f"other_{number}")),
        )
    ]

    def drawn(by: str) -> np.ndarray:
        decisions = said(engine(offered(artefacts, STERNER, HALF, by=by), *log))
        return np.array([d.challenger is not None and d.challenger.champion is not None for d in decisions])

    by_card, by_customer = (drawn(by).reshape(40, 3) for by in ("card", "customer"))
    assert 5 < by_card[:, 0].sum() < 35
    assert (by_card[:, 0] == by_card[:, 1]).all()
    assert (by_card[:, 0] != by_card[:, 2]).any()
    assert (by_customer == by_customer[:, :1]).all()
    assert 5 < by_customer[:, 0].sum() < 35


def test_another_salt_draws_other_cards(engine: Engine, artefacts: ArtefactStore) -> None:
    log = traffic(60)
    groups = [
        [d.payment_id for d in said(result) if d.challenger and d.challenger.champion]
        for salt in ("a", "a", "b")
        for result in [engine(offered(artefacts, STERNER, HALF, salt=salt), *log)]
    ]
    assert groups[0] == groups[1] != groups[2]


def test_a_duplicate_repeats_what_was_said_while_and_after_the_trial(
    engine: Engine, artefacts: ArtefactStore
) -> None:
    payments = traffic(40)
    offers = [offered(artefacts, STERNER, HALF), offered(artefacts, ALIKE, HALF, salt="x")]
    over = control(ChallengerChange(None))
    first, *again = np.array_split(
        np.array(
            said(engine(offers[0], *payments, *payments, offers[1], *payments, over, *payments)), object
        ),
        4,
    )
    assert any(one.challenger.champion for one in first)
    for repeated in again:
        assert list(repeated) == [msgspec.structs.replace(one, duplicate=True) for one in first]


def test_a_duplicate_repeats_it_when_more_is_remembered_than_at_first(
    artefacts: ArtefactStore, seed_controls: list[bytes]
) -> None:
    core, payments = Core("test", CATALOGUE, Context(CATALOGUE, artefacts.load)), traffic(4_200)
    first = core.apply(batch_of([*seed_controls, offered(artefacts, STERNER, HALF), *payments[:50]]))
    size = len(core.admission.ring)
    core.apply(batch_of(payments[50:], first=1_000), answer=False)
    again = core.apply(batch_of(payments[:50], first=6_000))
    assert len(core.admission.ring) > size
    assert said(again) == [msgspec.structs.replace(one, duplicate=True) for one in said(first)]


def test_rules_read_both_probabilities(engine: Engine, artefacts: ArtefactStore) -> None:
    limit = sorted(d.probability or 0 for d in said(engine(*traffic(150))))[-10]
    rules = rules_live(
        rule("disagree", f"challenger_probability > {limit} and probability < {limit}", action="review"),
        rule("sure", f"probability > {limit}", action="block"),
        rule("unknown", "challenger_probability is missing", tag="alone"),
    )
    alone = said(engine(rules, *traffic(150)))
    assert {d.hits for d in alone} <= {("unknown",), ("sure", "unknown")}
    shadow = said(engine(rules, offered(artefacts, STERNER), *traffic(150)))
    for one in shadow:
        assert one.challenger is not None
        assert one.probability is not None
        assert one.challenger.probability is not None
        sure = one.challenger.probability > limit
        by_champion = ("sure",) if one.probability > limit else ()
        assert one.hits == (("disagree",) if sure and one.probability < limit else by_champion)
        # What the challenger would bring about is by rules that read its probability as the one that counts.
        assert (one.challenger.verdict == Verdict.DECLINE) >= sure
    assert {one.hits for one in shadow} == {(), ("sure",), ("disagree",)}


def test_what_the_challenger_cannot_score_is_the_champions(engine: Engine, artefacts: ArtefactStore) -> None:
    log = traffic(30)
    alone, tried = said(engine(*log)), said(engine(offered(artefacts, SILENT, 1_000_000), *log))
    for was, now in zip(alone, tried, strict=True):
        assert now.challenger is not None
        assert (now.challenger.probability, now.challenger.verdict) == (None, was.verdict)
        assert (found(now), now.versions) == (found(was), was.versions)


def test_the_holdout_spends_its_cap_once_a_payment_and_draws_for_the_deciding_model_only(
    engine: Engine, artefacts: ArtefactStore
) -> None:
    steps = {"challenge_from": 0, "review_from": 1, "decline_from": 2}
    held = policy_live(probability=steps, holdout=HOLDOUT)
    log = [held, *(part for one in traffic(60, amount=1_000) for part in (one, BUSY))]
    alone, tried = said(engine(*log)), said(engine(offered(artefacts, ALIKE, HALF), *log))
    for decisions in (alone, tried):
        assert sum(d.amount for d in decisions if d.decided_by == "holdout") == 3_000
    assert {one.challenger.verdict for one in tried if one.challenger and not one.challenger.champion} == {
        Verdict.DECLINE
    }


def test_a_promotion_and_a_rollback_are_one_step_each(engine: Engine, artefacts: ArtefactStore) -> None:
    champion = said(engine(*traffic(1)))[0].versions.model
    promoted = control(PromoteChange(artefacts.stage(STERNER)))
    back = control(ModelChange(artefacts.stage(ALIKE)))
    log = [
        *(offered(artefacts, STERNER), *traffic(2)),
        *(promoted, *traffic(2, 10)),
        *(promoted, *traffic(1, 20)),
        *(offered(artefacts, STERNER, 1_000_000), *traffic(1, 30)),
        *(back, *traffic(1, 40)),
    ]
    result = engine(*log)
    models = [(d.versions.model, d.challenger is not None) for d in said(result)]
    sterner = bytes_version(STERNER)
    assert models == [
        *[(champion, True)] * 2,
        *[(sterner, False)] * 3,
        (sterner, True),
        (bytes_version(ALIKE), False),
    ]
    assert result.dead_letters == []


def test_what_is_not_on_trial_is_not_promoted(engine: Engine, artefacts: ArtefactStore) -> None:
    result = engine(offered(artefacts, ALIKE), control(PromoteChange(artefacts.stage(STERNER))), *traffic(1))
    assert [letter.reason for _, letter in result.dead_letters] == [DeadLetterReason.INVALID_CONTROL]
    assert "is not on trial" in result.dead_letters[0][1].detail
    (decision,) = said(result)
    assert decision.challenger is not None
    assert decision.challenger.model == bytes_version(ALIKE)


def test_the_halt_of_an_earlier_trial_leaves_the_present_one_alone(
    engine: Engine, artefacts: ArtefactStore
) -> None:
    late = control(ChallengerHalt(1, artefacts.stage(STERNER), "scores", 2, 1))
    result = engine(offered(artefacts, STERNER), offered(artefacts, ALIKE), late, *traffic(1))
    assert (said(result)[0].challenger is not None, result.dead_letters) == (True, [])
    result = engine(offered(artefacts, STERNER), late, late, *traffic(1))
    assert (said(result)[0].challenger, result.dead_letters) == (None, [])


@pytest.mark.parametrize("change", [ChallengerChange, ModelChange])
def test_a_broken_model_is_a_dead_letter_and_the_champion_stays(
    engine: Engine, artefacts: ArtefactStore, change: Callable[[str], object]
) -> None:
    wrong = control(change(artefacts.stage(BROKEN)))
    result = engine(wrong, *traffic(1))
    assert [letter.reason for _, letter in result.dead_letters] == [DeadLetterReason.INVALID_CONTROL]
    assert said(result) == [
        msgspec.structs.replace(d, received_at=d.received_at + 1) for d in said(engine(*traffic(1)))
    ]


def test_a_challenger_that_is_not_staged_stops_the_engine(engine: Engine) -> None:
    with pytest.raises(Misconfigured, match="not staged"):
        engine(control(ChallengerChange("0" * 64)))


def test_a_challenger_needs_a_champion(artefacts: ArtefactStore) -> None:
    core = Core("test", CATALOGUE, Context(CATALOGUE, artefacts.load))
    result = core.apply(batch_of([offered(artefacts, ALIKE), record("a", occurred_at=NOW)]))
    assert [letter.reason for _, letter in result.dead_letters] == [DeadLetterReason.INVALID_CONTROL]
    assert core.context.challenger is None


def test_an_engine_without_a_trial_keeps_nothing_for_one(
    artefacts: ArtefactStore, seed_controls: list[bytes]
) -> None:
    core = Core("test", CATALOGUE, Context(CATALOGUE, artefacts.load))
    core.apply(batch_of([*seed_controls, *traffic(5)]))
    assert "tried" not in core.admission.arrays()
    assert b"trial" not in msgspec.json.encode(core.context.document())
    assert core.counters.trial_watch.logical_hash() == 0
    core.apply(batch_of([offered(artefacts, ALIKE, bounds=UNWATCHED), *traffic(1, 5)], first=90))
    words = core.admission.arrays()["tried"]
    assert words.tolist()[:5] == [0] * 5
    before = core.logical_hash()
    core.admission.keep(np.array([5]), {}, words[5:6] ^ np.uint32(1))
    assert core.logical_hash() != before
