"""Dead letters as the page shows them: read from the warehouse, beside what was done about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.console.warehouse import WarehouseReader
from desk.dead_letters import DeadLetters, RefusedMessage

PAGE_LETTERS: Final = 50


@dataclass(frozen=True)
class LetterLine:
    """One dead letter; `act` is what was done about it, if anything."""

    message: RefusedMessage
    row: Mapping[str, Any]
    act: Mapping[str, Any] | None


def letter_lines(
    warehouse: WarehouseReader, letters: DeadLetters, engine: str, reason: str, before: int, most: int
) -> list[LetterLine]:
    """The newest of a reason, or of all, below a place in the list of dead letters."""
    asked = {"engine": engine, "reason": reason, "before": before, "most": most}
    return _lines(warehouse.rows("pipeline/letters", asked, None), letters)


def letters_at(
    warehouse: WarehouseReader,
    letters: DeadLetters,
    engine: str,
    topic: str,
    partition: int,
    offsets: Iterable[int],
) -> list[LetterLine]:
    """Those at these offsets of a topic."""
    asked = {"engine": engine, "topic": topic, "partition": partition, "offsets": sorted(set(offsets))}
    return _lines(warehouse.rows("pipeline/letters_at", asked, None), letters)


def _lines(rows: Iterable[Mapping[str, Any]], letters: DeadLetters) -> list[LetterLine]:
    found = [(message_of(row), row) for row in rows]
    acts = letters.acted_on((one.topic, one.partition, one.offset) for one, _ in found) if found else {}
    return [LetterLine(one, row, acts.get((one.topic, one.partition, one.offset))) for one, row in found]


def message_of(row: Mapping[str, Any]) -> RefusedMessage:
    """From a row of `pipeline/letters`: the payload is hexadecimal there, so that no byte is changed."""
    payload = None if row["payload_hex"] is None else bytes.fromhex(row["payload_hex"])
    return RefusedMessage(
        row["topic"], row["partition"], row["offset"], row["reason"], row["payload_sha256"], payload,
        row["masked"], row["payment_id"],
    )  # fmt: skip
