"""Records that no quick look held up are read quickly: to the same messages as by the careful way."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from models.messages.journal import EngineProtocol
from streams.engine.input import reading
from streams.engine.input.reading import InputMessage, Reading, read_batch
from streams.kafka.topics import CARRIES
from tests.attacks.mutations import Mutator
from tests.engine.engine_log import batch_of

EXAMPLES = Path(__file__).parents[2] / "examples"
PROTOCOLS = (EngineProtocol.TYPED_TOPICS, EngineProtocol(EngineProtocol.TYPED_TOPICS - 1))


def damaged(count: int) -> list[bytes]:
    originals = [path.read_bytes() for path in sorted(EXAMPLES.glob("*/*.json"))]
    mutator = Mutator(3, originals)
    return [*originals, *(mutator.message() or b"" for _ in range(count))]


def compared(result: Reading) -> list[object]:
    refused = {index: (why.reason, why.detail, why.place) for index, why in result.refused.items()}
    return [result.messages, sorted(refused.items()), sorted(result.redacted.items())]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=str)
@pytest.mark.parametrize("role", CARRIES)
def test_the_quick_way_reads_what_the_careful_way_does(
    role: str, protocol: EngineProtocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of(damaged(3_000), 0, topic=f"test.{role}")
    skip = {7: "as the journal says", len(batch) - 1: "as the journal says"}
    quickly = compared(read_batch(batch, skip, protocol))
    monkeypatch.setattr(reading, "_plain", lambda value, allowed: None)  # noqa: ARG005 - the signature of it
    assert quickly == compared(read_batch(batch, skip, protocol))


def test_most_payments_are_read_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    payments = [path.read_bytes() for path in sorted((EXAMPLES / "payment").glob("*.json"))]
    seen = []
    plain = reading._plain

    def counted(value: bytes, allowed: Sequence[type]) -> InputMessage | None:
        seen.append(value)
        return plain(value, allowed)

    monkeypatch.setattr(reading, "_plain", counted)
    read = read_batch(batch_of(payments, 0, topic="test.payments"), {})
    assert len(seen) > 0.7 * (len(payments) - len(read.refused))
