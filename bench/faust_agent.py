"""Faust: payments passed through to another topic, or counted by card in a hopping table.

Runs in its own environment (faust-streaming only): BOOTSTRAP TOPIC STATE_DIR WARM COUNT pass|table. At
least once: Faust's exactly-once writes no transaction markers on this broker.
"""

import json
import os
import sys
import time
import uuid
from datetime import timedelta

import faust

bootstrap, topic, folder, warm, count, job = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
run = uuid.uuid4().hex[:8]
app = faust.App(
    f"faust-{run}",
    broker=f"kafka://{bootstrap}",
    datadir=folder,
    store="memory://",
    topic_partitions=1,
    topic_replication_factor=1,
    topic_disable_leader=True,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
)
payments = app.topic(topic, key_type=bytes, value_type=bytes, value_serializer="json")
passed = app.topic(f"{topic}-out", value_serializer="json", partitions=1)
clocks: list[tuple[float, float]] = []
seen = 0


def clocked() -> None:
    """Takes the clocks after the warm-up and at the end, then leaves."""
    global seen  # noqa: PLW0603 - the agent's only state
    seen += 1
    if seen in (warm, warm + count):
        clocks.append((time.process_time(), time.perf_counter()))
    if seen == warm + count:
        (cpu, wall), (cpu_end, wall_end) = clocks
        result = {"cpu_us": (cpu_end - cpu) / count * 1e6, "wall_us": (wall_end - wall) / count * 1e6}
        print("\n" + json.dumps({"messages": count, **result}), file=sys.__stdout__, flush=True)
        os._exit(0)


if job == "pass":

    @app.agent(payments)
    async def forward(stream):  # type: ignore[no-untyped-def]
        """Every payment to another topic."""
        async for key, payment in stream.items():
            await passed.send(key=key, value=payment)
            clocked()

else:
    counts = app.Table("counts", default=int, partitions=1).hopping(
        timedelta(minutes=10), timedelta(minutes=1), expires=timedelta(hours=1)
    )

    @app.agent(payments)
    async def tally(stream):  # type: ignore[no-untyped-def]
        """Payments of a card in ten minutes, every minute a window."""
        async for key, _ in stream.items():  # noqa: PERF102 - not a dict
            counts[key] += 1
            clocked()


faust.Worker(app, loglevel="error").execute_from_commandline()
