"""Where the engine's time goes: CPU time of its own thread by stage, exclusive of the stages called within.

The engine is not written for this; its functions are wrapped from outside, in this process only. What
librdkafka's threads take is the rest of the process's CPU time.
"""

import functools
import time
from collections.abc import Callable
from typing import Any

from features import ingest
from models.card_numbers import detection as card_numbers
from models.json_keys import repetition as json_keys
from streams.engine import core
from streams.engine.admission import requests
from streams.engine.process import Engine

Targets = list[tuple[Any, str, str]]


def targets(engine: Engine) -> Targets:
    """(owner, attribute, stage) of what is timed."""
    state = engine.state.core
    transactions = engine.output.transactions
    producer = transactions._producer
    return [
        (engine.inputs, "take", "consume"),
        (engine.inputs, "_poll", "consume"),
        (card_numbers, "suspects", "scan"),
        (json_keys, "suspects", "scan"),
        (core, "read_batch", "decode"),
        (state, "_admit", "columns"),
        (core, "admission_rows", "columns"),
        (requests, "request_keys", "hash"),
        (requests, "body_hashes", "hash"),
        (state.admission, "admit", "admission"),
        (ingest, "reference_amounts", "columns"),
        (ingest, "intake", "intake"),
        (state.features, "update", "features"),
        (core, "vector_hash", "features"),
        (state.context.scorer, "probabilities", "scoring"),
        (state, "_ingest", "columns"),
        (core, "judge", "rules"),
        (state, "_decide", "encode"),
        (state, "_decisions", "encode"),
        (state, "apply", "rest of apply"),
        (engine, "_entry", "journal entry"),
        (engine.transaction_messages, "messages", "messages"),
        (transactions, "_transaction", "produce"),
        (producer, "flush", "commit"),
        (producer, "commit_transaction", "commit"),
    ]


class Stopwatch:
    """Exclusive thread CPU time by stage."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        self._running: list[str] = []
        self._since = 0.0

    def wrap(self, call: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """`call`, timed as `stage`."""

        @functools.wraps(call, updated=())
        def timed(*given: Any, **named: Any) -> Any:
            self._switch(stage)
            try:
                return call(*given, **named)
            finally:
                self._switch(None)

        return timed

    def _switch(self, stage: str | None) -> None:
        now = time.thread_time()
        if self._running:
            running = self._running[-1]
            self.taken[running] = self.taken.get(running, 0.0) + now - self._since
        if stage is None:
            self._running.pop()
        else:
            self._running.append(stage)
        self._since = now

    def over(self, engine: Engine, stretch: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Times one stretch of work; microseconds a decision by stage are added to its result as `stages`."""
        transactions = engine.output.transactions
        transactions._producer = _Open(transactions._producer)
        for owner, name, stage in targets(engine):
            owner_or_class = owner
            setattr(owner_or_class, name, self.wrap(getattr(owner, name), stage))
        result = stretch()
        done = result["decisions"]
        stages = {stage: taken / done * 1e6 for stage, taken in self.taken.items()}
        stages["rest of own thread"] = result["own_thread_us"] - sum(stages.values())
        stages["librdkafka's threads"] = result["cpu_us"] - result["own_thread_us"]
        return {**result, "stages": stages}


class _Open:
    """Stands before an object of C whose attributes cannot be set."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        self.__dict__[name] = found
        return found
