"""How far the readers of the log are behind: asked of Kafka every few seconds at most, for everybody."""

import threading
import time
from typing import Annotated, Final, NamedTuple, Protocol

from fastapi import Depends, Request

from dashboards.console.parts import Parts

AGE_MAX_S: Final = 5.0


class TopicLag(NamedTuple):
    """Records that one reader has still to read of one topic."""

    reader: str
    topic: str
    records: int


class LagWatch(Protocol):
    """Gives the lag of one engine; None where Kafka does not answer."""

    def __call__(self) -> list[TopicLag] | None: ...


class KafkaLag:
    """The real one; what was asked lately is given again."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        self._bootstrap, self._engine = bootstrap, engine
        self._lock = threading.Lock()
        self._known: tuple[float, list[TopicLag] | None] | None = None

    def __call__(self) -> list[TopicLag] | None:
        """See `LagWatch`."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > AGE_MAX_S:
                self._known = time.monotonic(), self._asked()
            return self._known[1]

    def _asked(self) -> list[TopicLag] | None:
        from confluent_kafka import KafkaException

        from streams.platform import lag

        try:
            readers = lag(self._bootstrap).get(self._engine, {})
        except KafkaException:
            return None
        return [
            TopicLag(reader, topic, records)
            for reader, topics in readers.items()
            for topic, records in topics.items()
        ]


def lag_watch(request: Request, parts: Parts) -> LagWatch:
    """One for the application; tests put another in its place."""
    if parts.kafka is None:
        return lambda: None
    if not hasattr(request.app.state, "lag_watch"):
        request.app.state.lag_watch = KafkaLag(parts.kafka, parts.engine)
    watch: LagWatch = request.app.state.lag_watch
    return watch


Lags = Annotated[LagWatch, Depends(lag_watch)]
