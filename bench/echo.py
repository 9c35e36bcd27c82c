"""The yardstick of latency: an engine that computes nothing, in the foreground until SIGTERM.

It reads as the engine does, and writes the same transaction by the same clients: a decision for each payment,
the vectors, a journal entry, each with the bytes that an engine wrote before (`--like`). First line once
ready; last line: CPU time since then, decisions and transactions.
"""

import time
from collections.abc import Iterator

import click
import msgspec

from bench.place import announce
from bench.waits import FixedWaits
from streams.engine.input import InputBatch, InputReader
from streams.engine.output import EngineOutput
from streams.engine.process import spare_collector
from streams.kafka import OutgoingMessage, Topics, backwards, cloudevents, ensure_topics
from streams.process import stop_flag
from streams.warehouse.parquet import decode_vectors

LOOKED_AT = 64
"""Offsets from the end; the last of them are markers."""


class _Payment(msgspec.Struct):
    payment_id: str


_decode = msgspec.json.Decoder(_Payment).decode


class Pattern:
    """What an engine wrote, cut so that an answer to any batch can be made of it."""

    def __init__(self, bootstrap: str, like: str) -> None:
        topics = Topics(like)
        decision = next(iter(backwards(bootstrap, topics["decisions"], LOOKED_AT))).value() or b""
        head, _, tail = decision.partition(b'"received_at":')
        self._before, self._behind = head + b'"received_at":', tail[tail.index(b",") :]
        vectors = next(iter(backwards(bootstrap, topics["features"], LOOKED_AT))).value() or b""
        rows = decode_vectors(vectors).rows
        self._row = vectors[: len(vectors) // rows]
        self._entry = next(iter(backwards(bootstrap, topics["journal"], LOOKED_AT))).value() or b""

    def messages(self, engine: str, batch: InputBatch) -> Iterator[OutgoingMessage]:
        """The answer to a batch: a message a payment, one of vectors, one journal entry."""
        topics, headers = Topics(engine), cloudevents.headers(engine, "decision", "0")
        for value, received in zip(batch.values, batch.appended, strict=True):
            body = self._before + str(received).encode() + self._behind
            yield OutgoingMessage(topics["decisions"], body, _decode(value).payment_id, headers)
        yield OutgoingMessage(topics["features"], self._row * len(batch), None, headers)
        yield OutgoingMessage(topics["journal"], self._entry, None, headers)


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", required=True, expose_value=False)
@click.option("--engine", required=True)
@click.option("--like", required=True, help="An engine that has decided on this broker.")
@click.option("--batch", type=int, default=300, help="Most of a transaction: the vectors stay one message.")
def main(bootstrap: str, engine: str, like: str, batch: int) -> None:
    """Answer until told to stop."""
    stopping, waits = stop_flag(), FixedWaits().watch()
    ensure_topics(bootstrap, engine)
    pattern = Pattern(bootstrap, like)
    output, inputs = EngineOutput(bootstrap, engine), InputReader(bootstrap, engine, {})
    spare_collector()
    cpu, decisions, batches = time.process_time(), 0, 0
    announce({"ready_at": time.time()})
    while not stopping():
        taken = inputs.take(batch, 0.05)
        if taken.values:
            output.transactions.commit(list(pattern.messages(engine, taken)))
            decisions, batches = decisions + len(taken), batches + 1
    ended = {"cpu_s": time.process_time() - cpu, "decisions": decisions, "batches": batches}
    inputs.close({})
    announce(ended | waits.figures())


if __name__ == "__main__":
    main()
