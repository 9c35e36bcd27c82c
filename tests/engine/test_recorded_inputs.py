"""Records that do not come are lost only where Kafka has shown the partition's end; else Kafka is away."""

import pytest

from models.messages import InputRange
from streams.engine.recovery import RecordedInputs, journal
from streams.errors import Damaged, Outage

PART = InputRange(topic="t.outcomes", partition=0, start=250_297, end=250_990, records=689, checksum="")


class SilentReader:
    """Gives no record; has shown the end of its partition, or has not."""

    end = 250_297

    def __init__(self, at_end: bool) -> None:
        self.at_end = at_end

    def read(self, _most: int, _wait_s: float) -> tuple[list[object], bool]:
        return [], False


@pytest.mark.parametrize(
    ("at_end", "error", "words"),
    [
        (True, Damaged, "holds 0 of the 689 records from offset 250297"),
        (False, Outage, "no answer from Kafka"),
    ],
)
def test_records_that_do_not_come(
    at_end: bool, error: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "WAIT_S", 0.1)
    monkeypatch.setattr(journal, "PartitionReader", lambda *_: SilentReader(at_end))
    inputs = RecordedInputs("nowhere:1", {})
    with pytest.raises(error, match=words):
        inputs._take(PART)
