"""Quix Streams: sum and count of a card's payments in a sliding hour, every update to an output topic.

Runs in its own environment (quixstreams only): BOOTSTRAP TOPIC STATE_DIR WARM COUNT. Exactly-once, as the
engine is.
"""

import json
import sys
import time
import uuid
from datetime import timedelta

import quixstreams.dataframe.windows.aggregations as agg
from quixstreams import Application

bootstrap, topic, folder, warm, count = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
clocks: list[tuple[float, float]] = []
seen = 0


def clocked(topic: str, partition: int, offset: int) -> None:  # noqa: ARG001 - the library's signature
    """Takes the clocks after the warm-up and at the end."""
    global seen  # noqa: PLW0603 - the callback's only state
    seen += 1
    if seen in (warm, warm + count):
        clocks.append((time.process_time(), time.perf_counter()))
    if seen == warm + count:
        app.stop()


run = uuid.uuid4().hex[:8]
app = Application(
    bootstrap,
    consumer_group=f"quix-{run}",
    auto_offset_reset="earliest",
    state_dir=folder,
    processing_guarantee="exactly-once",
    commit_every=2_000,
    on_message_processed=clocked,
    loglevel="ERROR",
)
payments = app.topic(
    topic,
    value_deserializer="json",
    key_deserializer="str",
    timestamp_extractor=lambda value, headers, timestamp, kind: value["occurred_at"],  # noqa: ARG005
)
sums = app.topic(f"{topic}.quix-{run}", value_serializer="json", key_serializer="str")
frame = app.dataframe(payments)
frame = frame.apply(lambda payment: payment["amount"])
frame = frame.sliding_window(timedelta(hours=1), grace_ms=timedelta(minutes=1)).agg(
    sum=agg.Sum(), count=agg.Count()
)
frame = frame.current().to_topic(sums)
app.run(timeout=20.0)
(cpu, wall), (cpu_end, wall_end) = clocks[:2]
print(json.dumps({
    "messages": count,
    "cpu_us": (cpu_end - cpu) / count * 1e6,
    "wall_us": (wall_end - wall) / count * 1e6,
}), flush=True)  # fmt: skip
