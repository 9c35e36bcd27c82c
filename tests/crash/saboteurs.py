"""Our processes with one fault planted: `saboteurs.py FAULT tollgate-arguments...`.

Each fault is a patch made here, in a test's process, before the command runs: the product has no hook for it.
A fault strikes once, a few batches or cuts after the start.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

STRIKES_AT = 5
GROWTH_TIMEOUT_S = 60.0


class Once:
    """True at the fifth call only."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self) -> bool:
        self._calls += 1
        return self._calls == STRIKES_AT


def lost_decision() -> None:
    """A decision of one batch is left out of its transaction."""
    from streams.engine.output.messages import TransactionMessages

    messages, now = TransactionMessages.messages, Once()

    def without_one(self: TransactionMessages, batch: Any, result: Any, entry: Any) -> list[Any]:
        out = messages(self, batch, result, entry)
        decisions = [at for at, message in enumerate(out) if message.topic == self._topics["decisions"]]
        if decisions and now():
            del out[decisions[len(decisions) // 2]]
        return out

    TransactionMessages.messages = without_one  # type: ignore[method-assign]


def lost_payment() -> None:
    """A record is consumed and never decided."""
    from streams.engine.input.inputs import InputReader

    take, now = InputReader.take, Once()

    def without_first(self: InputReader, *arguments: Any) -> Any:
        batch = take(self, *arguments)
        if len(batch) > 1 and len(batch.runs) == 1 and batch.runs[0].topic.endswith(".payments") and now():
            del batch.values[0], batch.offsets[0], batch.appended[0]
            batch.runs[0].last -= 1
        return batch

    InputReader.take = without_first  # type: ignore[method-assign,assignment]


def doubled_insert() -> None:
    """One cut is inserted again under another token: rows and aggregates are doubled."""
    from streams.warehouse.sink.block_insert import BlockInsert

    insert, now = BlockInsert.insert, Once()

    def and_again(self: BlockInsert, table: str, cut: Any, block: Any, **more: Any) -> None:
        insert(self, table, cut, block, **more)
        if table == "decisions" and now():
            self._send(table, block, f"{cut.token}/again")

    BlockInsert.insert = and_again  # type: ignore[method-assign,assignment]


def doubled_aggregate() -> None:
    """One row of an aggregate is there twice; the table of decisions is as it should be."""
    from streams.warehouse.sink.block_insert import BlockInsert

    insert, now = BlockInsert.insert, Once()

    def and_its_sum(self: BlockInsert, table: str, cut: Any, block: Any, **more: Any) -> None:
        insert(self, table, cut, block, **more)
        if table == "decisions" and now():
            self._client.command(
                "INSERT INTO decisions_minute SELECT * FROM decisions_minute"
                " WHERE engine = {engine:String} LIMIT 1",
                parameters={"engine": self._engine},
                settings={"insert_deduplicate": 0},
            )

    BlockInsert.insert = and_its_sum  # type: ignore[method-assign,assignment]


class LateOutput:
    """An output that fences only when there is something to commit, long after the journal's end was read,
    and not before the older engine has committed once more.
    """

    def __init__(self, bootstrap: str, engine: str) -> None:
        self._place = (bootstrap, engine)
        self._end = self._journal_end()
        self._output: Any = None

    def _journal_end(self) -> int:
        from streams.kafka.admin import end_offsets
        from streams.kafka.topics import Topics

        bootstrap, engine = self._place
        return next(iter(end_offsets(bootstrap, [Topics(engine)["journal"]]).values()))

    def commit(self, *arguments: Any) -> int:
        from streams.engine.output.transactions import EngineOutput

        if self._output is None:
            deadline = time.monotonic() + GROWTH_TIMEOUT_S
            while self._journal_end() == self._end and time.monotonic() < deadline:
                time.sleep(0.01)
            self._output = EngineOutput(*self._place)
        committed: int = self._output.commit(*arguments)
        return committed


def wrong_order() -> None:
    """Start-up reads the journal's end first and fences the older engine afterwards."""
    from streams.engine import process as engine

    vars(engine)["EngineOutput"] = LateOutput


FAULTS: dict[str, Callable[[], None]] = {
    "lost-decision": lost_decision,
    "lost-payment": lost_payment,
    "doubled-insert": doubled_insert,
    "doubled-aggregate": doubled_aggregate,
    "wrong-order": wrong_order,
}


def main(fault: str, *arguments: str) -> None:
    """Plants the fault and runs the command."""
    from streams import cli

    FAULTS[fault]()
    cli.main(arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
