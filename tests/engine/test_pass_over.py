"""Orders to pass over a control: what they do is at one place, and in the journal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.messages import TrustChange, TrustedKey
from models.messages.control import JudgePart
from models.messages.journal import JournalEntry, Skip, Withdrawal
from models.trust import TrustRecord, TrustState, root_fingerprint
from streams.engine.core import Core
from streams.engine.input.batch import InputBatch
from streams.engine.input.pass_over import PassOver, PassOverOrders, write_order
from streams.engine.input.reading import CRASHED
from streams.errors import Misconfigured
from tests.engine.engine_log import NOW, batch_of, record
from tests.engine.judges import rule, rules_live
from tests.models.trust_scene import PEOPLE, key_of, root_of

TOPIC = "test.controls"
WHY = "passed over by order of ana: it ends the engine"


def order(folder: Path, offset: int, after_batch: int = 7, target: JudgePart = "ruleset") -> Path:
    return write_order(folder, PassOver("", "test", offset, target, after_batch, "ana", "it ends the engine"))


def found(
    folder: Path, next_offset: int, number: int, engine: str = "test", trust: TrustState | None = None
) -> PassOverOrders:
    """What an engine finds that has applied so many controls and batches."""
    return PassOverOrders(folder, engine, TOPIC, next_offset, number, trust or TrustState(engine))


def rooted(*holders: str) -> TrustState:
    """An engine whose controls are signed, and its keys: those of these people."""
    root = root_of(["root"], 1)
    keys = tuple(TrustedKey(name, key_of(name).public, PEOPLE[name]) for name in holders)
    record = TrustRecord(root_fingerprint(root), 0, TrustChange(1, root, keys))
    return TrustState("test", record)


def controls(*offsets: int) -> InputBatch:
    batch = InputBatch()
    batch.extend("test.payments", 0, [(b"?", 3, NOW)])
    batch.extend(TOPIC, 0, [(b"?", offset, NOW) for offset in offsets])
    return batch


def entry(*skipped: Skip) -> JournalEntry:
    """An entry of which `settle` reads this only."""
    rest: dict[str, Any] = dict.fromkeys(JournalEntry.__struct_fields__, 0)
    return JournalEntry(**rest | {"skipped": skipped})


def test_a_control_that_was_not_applied_is_skipped_and_its_order_removed(tmp_path: Path) -> None:
    path = order(tmp_path, 12)
    orders = found(tmp_path, 12, 40)
    assert orders.withdrawals() == ()
    assert orders.skips(controls(11, 12, 13)) == {2: WHY}
    orders.settle(entry())
    assert path.exists()
    orders.settle(entry(Skip(TOPIC, 0, 12, WHY)))
    assert not path.exists()
    assert orders.skips(controls(12)) == {}


def test_one_that_was_applied_is_withdrawn_before_the_next_batch(tmp_path: Path) -> None:
    path = order(tmp_path, 12, after_batch=40)
    orders = found(tmp_path, 13, 40)
    assert orders.skips(controls(12)) == {}
    assert orders.withdrawals() == (Withdrawal(TOPIC, 12, "ruleset", WHY),)
    orders.settle(entry())
    assert not path.exists()
    assert orders.withdrawals() == ()


def test_an_engine_that_has_gone_on_since_withdraws_nothing(tmp_path: Path) -> None:
    path = order(tmp_path, 12, after_batch=40)
    assert found(tmp_path, 13, 41).withdrawals() == ()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"engine":"test","offset":"x"}'])
def test_a_file_that_is_no_order_stops_the_engine_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1.json").write_bytes(content)
    with pytest.raises(Misconfigured, match=r"1\.json is no order"):
        found(tmp_path, 0, 0)


def test_another_engines_order_stops_the_engine(tmp_path: Path) -> None:
    order(tmp_path, 12)
    with pytest.raises(Misconfigured, match="no order for engine other"):
        found(tmp_path, 0, 0, engine="other")


@pytest.mark.parametrize(
    ("signer", "installation", "followed"),
    [
        ("tom", "shop-1", True),
        ("tom", "another", False),
        ("ana", "shop-1", False),
        ("lea", "shop-1", False),
        (None, "shop-1", False),
    ],
)
def test_where_controls_are_signed_operations_sign_the_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, signer: str | None, installation: str, followed: bool
) -> None:
    order = PassOver(installation, "test", 12, "model", 7, "tom", "it ends the engine")
    path = write_order(tmp_path, order, key_of(signer) if signer else None)
    orders = found(tmp_path, 12, 7, trust=rooted("ana", "tom"))
    assert bool(orders.skips(controls(12))) is followed
    assert ("ALARM" in caplog.text) is not followed
    assert path.exists()


def test_a_signed_order_that_was_changed_is_not_followed(tmp_path: Path) -> None:
    order = PassOver("shop-1", "test", 12, "model", 7, "tom", "it ends the engine")
    path = write_order(tmp_path, order, key_of("tom"))
    path.write_bytes(path.read_bytes().replace(b'"model"', b'"policy"'))
    assert found(tmp_path, 13, 7, trust=rooted("tom")).withdrawals() == ()


def test_without_a_folder_there_are_no_orders(tmp_path: Path) -> None:
    orders = found(tmp_path / "none", 0, 0)
    assert (orders.skips(controls(1)), orders.withdrawals()) == ({}, ())


@pytest.mark.parametrize(
    ("part", "degraded"),
    [("model", "model"), ("ruleset", "ruleset"), ("policy", "policy"), ("challenger", "")],
)
def test_what_is_withdrawn_is_not_in_effect_until_the_next_control(
    make_core: Callable[[], Core], seed_controls: list[bytes], part: JudgePart, degraded: str
) -> None:
    core = make_core()
    core.apply(batch_of([*seed_controls, record("a")]))
    core.withdraw(part)
    withdrawn = core.apply(batch_of([record("b")], first=50))
    again = core.apply(batch_of([*seed_controls, record("c")], first=60))
    answers = [*withdrawn.answers, *again.answers]
    words = [msgspec.json.decode(answer.body).get("degraded", []) for answer in answers]
    assert words == [[degraded] if degraded else [], []]


def test_the_dead_letter_says_why_a_record_was_skipped(make_core: Callable[[], Core]) -> None:
    batch = batch_of([rules_live(rule("r", "amount > 1", score=1)), record("a"), record("b")])
    result = make_core().apply(batch, {0: WHY, 2: CRASHED})
    assert [letter.detail for _, letter in result.dead_letters] == [WHY, CRASHED]
    assert len(result.answers) == 1
