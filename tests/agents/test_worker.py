"""What the agents share: an offset is given back only behind what its batch gave."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("faust", reason="needs the extra `agents`")

from streams.agents.agent_record import AgentRecord
from streams.agents.worker import in_batches


class Event:
    """A record that notes when it is acknowledged."""

    def __init__(self, offset: int, said: list[str]) -> None:
        self.message = SimpleNamespace(topic="t", partition=0, offset=offset, timestamp=1.5)
        self.value = None if offset == 2 else b"x"
        self._said = said

    def ack(self) -> None:
        self._said.append(f"ack {self.message.offset}")


class Stream:
    """Batches of two."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events

    async def noack_take(self, most: int, within: float) -> AsyncIterator[list[Event]]:
        assert most > 0
        assert within > 0
        for start in range(0, len(self._events), 2):
            yield self._events[start : start + 2]


class App:
    """Notes what it crashed of."""

    def __init__(self, said: list[str]) -> None:
        self._said = said

    async def crash(self, failure: BaseException) -> None:
        self._said.append(f"crash {failure}")


def run(said: list[str], handle: Any) -> None:
    asyncio.run(in_batches(App(said), Stream([Event(n, said) for n in range(4)]), handle))


def test_offsets_follow_behind_their_batch() -> None:
    said: list[str] = []

    def handle(batch: Sequence[AgentRecord]) -> None:
        said.append(f"handled {[(r.offset, r.appended_at, r.value) for r in batch]}")

    run(said, handle)
    assert said == [
        "handled [(0, 1500, b'x'), (1, 1500, b'x')]", "ack 0", "ack 1",
        "handled [(2, 1500, b''), (3, 1500, b'x')]", "ack 2", "ack 3",
    ]  # fmt: skip


def test_a_batch_that_fails_ends_the_agent_and_gives_nothing_back() -> None:
    said: list[str] = []

    def handle(batch: Sequence[AgentRecord]) -> None:
        if batch[0].offset == 2:
            raise RuntimeError("fenced")

    with pytest.raises(RuntimeError, match="fenced"):
        run(said, handle)
    assert said == ["ack 0", "ack 1", "crash fenced"]
