"""The list agent: ENGINE.list-requests -> validated entries on ENGINE.controls, an answer for each on
ENGINE.list-audit.

Requests are taken in small batches, each one transaction (`streams.agents.answer_log`); their offsets are
given back to Faust only behind it. So a crash at any point repeats requests at worst, and repeated ones are
known. A failure ends the process: going on would leave the failed requests behind.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust

from models.list_requests import Answered, Asked, answered
from streams.agents.answer_log import AnswerLog
from streams.engine.admin import ensure_agent_topics
from streams.topics import Topics

log = logging.getLogger(__name__)

BATCH_MAX = 500
WITHIN_S = 0.05
SESSION_S = 6.0
"""The shortest that brokers allow by default."""


def make_app(bootstrap: str, engine: str, folder: Path) -> faust.App:
    """The agent as a Faust app. Fences an older one of this engine at once."""
    folder.mkdir(parents=True, exist_ok=True)
    ensure_agent_topics(bootstrap, engine)
    answers = AnswerLog(bootstrap, engine)
    app = faust.App(
        f"{engine}-list-agent",
        broker=f"kafka://{bootstrap}",
        datadir=str(folder),
        store="memory://",
        topic_partitions=1,
        topic_replication_factor=1,
        topic_disable_leader=True,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        # A killed agent's requests wait until the broker has given it up.
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=SESSION_S / 3,
    )
    # Raw: what is not JSON is answered here rather than dropped by a serialiser.
    requests = app.topic(
        Topics(engine)["list-requests"],
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        partitions=1,
    )

    @app.agent(requests)  # type: ignore[untyped-decorator] # Faust has no types
    async def answer(stream: Any) -> None:
        """Every request, answered once."""
        async for events in stream.noack_take(BATCH_MAX, within=WITHIN_S):
            try:
                batch = answer_batch(events, answers.asked)
                await asyncio.to_thread(answers.commit, batch)
            except Exception as failure:
                log.exception("requests could not be answered; they are asked again at the next start")
                await app.crash(failure)
                raise
            for event in events:
                event.ack()

    return app


def answer_batch(events: Sequence[Any], asked: Asked) -> list[Answered]:
    """The answers to these requests, in order, noted in `asked`."""
    batch = []
    for event in events:
        message = event.message
        found = answered(event.value or b"", message.offset, round(message.timestamp * 1000), asked)
        asked.remember(found.answer)
        batch.append(found)
    return batch


def run(bootstrap: str, engine: str, folder: Path) -> None:
    """Runs the agent until it is told to stop."""
    app = make_app(bootstrap, engine, folder)
    faust.Worker(app, loglevel="warning", quiet=True).execute_from_commandline()
