"""Dead letters as the page shows them: read from the warehouse, beside what was done about them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.console.warehouse import WarehouseReader
from desk.dead_letters import DeadLetters, RefusedMessage

PAGE_LETTERS: Final = 50
LISTED_AT_ONCE: Final = 500


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


def listed_letters(
    warehouse: WarehouseReader, letters: DeadLetters, engine: str, reason: str, most: int
) -> Iterator[tuple[Any, ...]]:
    """One more than the newest `most` of a reason, or of all, without their bytes; last what became of each.

    A piece at a time, so that neither server waits for who downloads.
    """
    before, left = 2**63 - 1, most + 1
    while left > 0:
        asked = {"engine": engine, "reason": reason, "before": before, "most": min(LISTED_AT_ONCE, left)}
        rows = list(warehouse.rows("pipeline/letters_listed", asked, None))
        places = [(row["topic"], row["partition"], row["offset"]) for row in rows]
        acts = letters.acted_on(places) if places else {}
        for row, place in zip(rows, places, strict=True):
            *told, before = row.values()
            yield (*told, state_of(acts.get(place)))
        left = left - len(rows) if len(rows) == asked["most"] else 0


def state_of(act: Mapping[str, Any] | None) -> str:
    """What became of a dead letter, in a word or three."""
    if act is None:
        return "open"
    if act["policy"] == "drop":
        return "dropped"
    return "sent again" if act["state"] == "sent" else "waits to be sent"


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
