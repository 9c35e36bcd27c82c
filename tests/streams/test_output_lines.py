"""`tollgate verify` over topics that somebody else wrote to: what is theirs is counted, and hides nothing."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from models.messages import Vectors
from streams.errors import Damaged
from streams.inspect import verify
from streams.inspect.verify import Verifier

FOREIGN = [None, b"", b"{", b'{"type":"decision"}', b"\xff"]


def vectors(sequences: list[int]) -> bytes:
    """A record as the engine writes it, two features in each vector."""
    count = len(sequences)
    matrix = np.outer(np.array(sequences), [1.0, 0.5])
    ids = np.array(sequences, "<i8").tobytes()
    record = Vectors(
        "test", "hash", count, 2, ids, ids, ["m"] * count, ["p"] * count, b"\1" * count, ["pre_auth"] * count,
        matrix.tobytes(),
    )  # fmt: skip
    return msgspec.msgpack.encode(record)


@pytest.fixture
def logged() -> dict[str, list[bytes | None]]:
    """What each topic holds."""
    return {"test.decisions": [], "test.dead-letters": [], "test.features": []}


@pytest.fixture
def verifier(logged: dict[str, list[bytes | None]], monkeypatch: pytest.MonkeyPatch) -> Verifier:
    def records(_: str, topic: str) -> Iterator[Any]:
        for offset, value in enumerate(logged[topic]):
            yield SimpleNamespace(offset=lambda at=offset: at, value=lambda held=value: held)

    monkeypatch.setattr(verify, "records", records)
    monkeypatch.setattr(verify, "end_offsets", lambda *_: {"test.journal": 0})
    home = SimpleNamespace(snapshots=SimpleNamespace(glob=lambda _: []))
    return Verifier(SimpleNamespace(engine="test", bootstrap="", home=lambda: home))  # type: ignore[arg-type]


def compare(verifier: Verifier, bodies: list[bytes], sequences: list[int]) -> None:
    """A batch that gives these decisions and vectors again."""
    matrix = np.outer(np.array(sequences), [1.0, 0.5])
    block = SimpleNamespace(sequences=np.array(sequences), matrix=matrix, payments=sequences)
    answers = [SimpleNamespace(kind="decision", key=body.decode(), body=body) for body in bodies]
    result: Any = SimpleNamespace(
        in_log_order=answers, dead_letters=[], refusals=[], vectors=[block], new=len(bodies), duplicates=0
    )
    verifier._compare(verifier.report.batches + 1, result, SimpleNamespace())  # type: ignore[arg-type]


def test_what_follows_lines_of_others_is_compared(
    verifier: Verifier, logged: dict[str, list[bytes | None]]
) -> None:
    logged["test.decisions"] = [b"a", *FOREIGN, b"b", *FOREIGN, b"c", *FOREIGN]
    one = msgspec.msgpack.decode(vectors([1]), type=Vectors)
    forged = msgspec.msgpack.encode(msgspec.structs.replace(one, rows=10**12))
    logged["test.features"] = [forged, vectors([1, 2]), None, vectors([7]), vectors([3])]
    compare(verifier, [b"a", b"b"], [1, 2])
    compare(verifier, [b"c"], [3])
    assert (verifier.report.decisions, verifier.report.vectors) == (3, 3)
    with pytest.raises(Damaged, match="no journal entry states") as difference:
        verifier._nothing_more()
    assert verifier.report.foreign == {"test.decisions": 3 * len(FOREIGN), "test.features": 3}
    assert f"{3 * len(FOREIGN)} foreign records skipped, the first at offset 1;" in str(difference.value)


def test_a_line_of_ours_that_is_missing_or_another_is_a_difference(
    verifier: Verifier, logged: dict[str, list[bytes | None]]
) -> None:
    logged["test.decisions"] = [b"{", b"another", b"c"]
    with pytest.raises(Damaged, match=r"decision on b: re-applied it gives b'b', logged is b'\{'"):
        compare(verifier, [b"b"], [])


def test_a_decision_that_is_there_twice_is_stated_once(
    verifier: Verifier, logged: dict[str, list[bytes | None]]
) -> None:
    logged["test.decisions"] = [b"a", b"a", b"b"]
    compare(verifier, [b"a", b"b"], [])
    with pytest.raises(Damaged, match="no journal entry states"):
        verifier._nothing_more()


def test_topics_that_hold_what_the_journal_states_are_whole(
    verifier: Verifier, logged: dict[str, list[bytes | None]]
) -> None:
    logged["test.decisions"], logged["test.features"] = [b"a"], [vectors([1])]
    compare(verifier, [b"a"], [1])
    verifier._nothing_more()
    assert verifier.report.foreign == {}
