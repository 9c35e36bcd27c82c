"""What our Faust agents share: the app, raw records, and batches whose offsets are committed after their
output.

Invariants
- The offset of a record is committed by Faust only once its batch has been handled. A crash at any point
  repeats records at worst. A failure ends the process: going on would leave the failed records behind.
- Only committed records are read, as by the engine: an aborted transaction has no effect. What cannot be read
  is passed over (`record_batches`).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faust
from faust.transport.drivers import aiokafka

from streams.agents import record_batches
from streams.agents.agent_record import AgentRecord
from streams.agents.credentials import credentials
from streams.connection import security
from streams.platform.processes import report_ready

log = logging.getLogger(__name__)

BATCH_MAX = 500
WITHIN_S = 0.05
COMMIT_S = 1.0
SESSION_S = 6.0
"""The shortest that brokers allow by default."""


def agent_app(bootstrap: str, name: str, folder: Path, commit_s: float = COMMIT_S) -> faust.App:
    """A Faust app for one agent; `name` is its consumer group. Offsets are committed every `commit_s`."""
    folder.mkdir(parents=True, exist_ok=True)
    record_batches.install()
    return _App(
        name,
        broker=";".join(f"kafka://{address.strip()}" for address in bootstrap.split(",")),
        broker_credentials=credentials(security(bootstrap)),
        datadir=str(folder),
        store="memory://",
        topic_partitions=1,
        topic_replication_factor=1,
        topic_disable_leader=True,
        topic_allow_declare=False,  # `ensure_agent_topics` makes them; an agent has no grant to
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=commit_s,
        # A killed agent's records wait until the broker has given it up.
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=SESSION_S / 3,
    )


class _Thread(aiokafka.AIOKafkaConsumerThread):  # type: ignore[misc] # Faust has no types
    """Reads committed records only; Faust itself does so with its own transactions alone."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # what its constructor keeps; used when it starts
        return consumer


class _Consumer(aiokafka.Consumer):  # type: ignore[misc]
    def _new_consumer_thread(self) -> Any:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(aiokafka.Transport):  # type: ignore[misc]
    Consumer = _Consumer


class _App(faust.App):  # type: ignore[misc]
    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)


def raw_topic(app: faust.App, *names: str) -> Any:
    """Topics of raw bytes: records that are not JSON are answered rather than dropped by a serialiser."""
    return app.topic(
        *names,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        partitions=1,
    )


async def in_batches(app: faust.App, stream: Any, handle: Callable[[Sequence[AgentRecord]], None]) -> None:
    """Hands the stream's records to `handle`, in a thread, batch by batch."""
    async for events in stream.noack_take(BATCH_MAX, within=WITHIN_S):
        try:
            await asyncio.to_thread(handle, [_record(event) for event in events])
        except Exception as failure:
            log.exception("records could not be handled; they are read again at the next start")
            await app.crash(failure)
            raise
        for event in events:
            event.ack()


class _Worker(faust.Worker):  # type: ignore[misc]
    """Says that it is ready once it reads."""

    async def on_startup_finished(self) -> None:
        await super().on_startup_finished()
        report_ready(self.app.conf.id)


def run_worker(app: faust.App) -> None:
    """Runs the agent until SIGTERM. Ready by the name of its consumer group, e.g. live-label-agent."""
    _Worker(app, loglevel="warning", quiet=True).execute_from_commandline()


def _record(event: Any) -> AgentRecord:
    message = event.message
    return AgentRecord(
        message.topic, message.partition, message.offset, round(message.timestamp * 1000), event.value or b""
    )
