"""The label agent takes an outcome only where the engine does."""

import pytest

from models.messages.codec import encode
from models.messages.outcome import OutcomeKind
from streams.agents.evidence_reading import read_outcome
from tests.agents.evidence_scene import outcome

CAPTURED = outcome("p1")
VALUE = encode(CAPTURED)


def test_a_capture_is_evidence() -> None:
    assert read_outcome(VALUE) == CAPTURED


@pytest.mark.parametrize(
    "value",
    [
        VALUE[:-1] + b',"x":' + b"[" * 200 + b"]" * 200 + b"}",
        VALUE.replace(b'"type":', b'"type":"outcome","type":', 1),
        VALUE[:-1] + b',"x":"4111111111111111"}',
        VALUE[:-1],
        encode(outcome("p1", kind=OutcomeKind.AUTHORISED)),
    ],
)
def test_what_the_engine_refuses_or_what_does_not_matter_is_none(value: bytes) -> None:
    assert read_outcome(value) is None
