"""Brings all that an engine and its agents write from Kafka into ClickHouse, every row exactly once.

Invariants
- Each stage keeps those of `stage_sink`.
- Decisions are inserted when the tables hold all payments that lay on the log when the decisions were read;
  outcomes, labels and disputes when they hold all decisions that did. So what a row says of an earlier one
  is the same whenever the row is made (`lookups`).
- A row waits at most about a second for its range, at any traffic.
"""

import threading
import time
from typing import TYPE_CHECKING, Final

from streams.warehouse.sink.log_reader import WAIT_S
from streams.warehouse.sink.stage_sink import BRIEF_S, StageSink, StoppedInBetween
from streams.warehouse.sink.status import SinkStatus
from streams.warehouse.stages import STAGES
from streams.warehouse.tables import IpNetworks

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

TOPICS_LOOK_S: Final = 10.0


class WarehouseSink:
    """The sink of one engine. `client` must not be shared with another thread. `networks` hashes payers'
    networks.
    """

    def __init__(
        self, engine: str, bootstrap: str, client: "Client", networks: IpNetworks, stop: threading.Event
    ) -> None:
        self.engine = engine
        self.status = SinkStatus()
        self._stop = stop
        self.stages = tuple(
            StageSink(engine, stage, bootstrap, client, networks, stop, self.status) for stage in STAGES
        )
        self._inputs, self._answers, self._reports = self.stages
        self._looked_at = time.monotonic()

    def run(self) -> None:
        """Sinks until `stop` is set; the range under way is finished. Raises Damaged, Fenced or Outage."""
        try:
            self.begin()
            while not self._stop.is_set():
                self.step()
            self.status.state = "stopped"
        except StoppedInBetween:
            self.status.state = "stopped"
        except Exception as error:
            self.status.state, self.status.detail = "failed", str(error)
            raise
        finally:
            self.close()

    def begin(self) -> None:
        """Repeats what a predecessor left unfinished, stage by stage, and reads on from there."""
        for stage in self.stages:
            stage.begin()
        self.status.state = "running"

    def step(self) -> None:
        """Sinks what comes within about a second, or one full range, and all that it looks up."""
        self._look_for_topics()
        reports = self._reports.read(BRIEF_S)
        answers = self._answers.read(WAIT_S)
        self._inputs.sink_to_end()
        self._answers.sink(answers)
        if reports.count:
            self._answers.sink_to_end(before=self._inputs.sink_to_end)
        self._reports.sink(reports)
        self.status.foreign = sum(stage.rows.foreign for stage in self.stages)
        self.status.refused = sum(stage.rows.refused for stage in self.stages)
        self.status.unreadable = sum(stage.unreadable for stage in self.stages)

    def close(self) -> None:
        """Closes its clients of Kafka."""
        for stage in self.stages:
            stage.close()

    def _look_for_topics(self) -> None:
        if time.monotonic() - self._looked_at > TOPICS_LOOK_S:
            self._looked_at = time.monotonic()
            for stage in self.stages:
                stage.look_for_topics()
