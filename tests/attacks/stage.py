"""A whole Tollgate under attack: broker, engine, follower, sinks and agents, and honest customers."""

import json
import netrc
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from confluent_kafka import KafkaError, Message, Producer

from streams.kafka import high_watermark
from tests.attacks.attack import demand, fresh
from tests.attacks.good_traffic import GoodTraffic
from tests.attacks.output_watch import OutputWatch, Place
from tests.crash.committed import committed
from tests.crash.parts import Part, tollgate, wait_for
from tests.crash.platform_under_test import READY_LINES, Platform

READY_TIMEOUT_S = 240.0
DECIDED_TIMEOUT_S = 60.0
COMMAND_TIMEOUT_S = 120.0


class Stage:
    """One platform, and what attacks need of it. `home` must be new."""

    def __init__(self, home: Path, number: int) -> None:
        self.platform = Platform(home, f"attacked-{number}")
        self.number = number
        self.engine = self.platform.engine
        self.home = self.platform.home
        self._keeping = threading.Event()

    @property
    def honest(self) -> int:
        """Honest payments sent so far."""
        return len(self.traffic.sent) if hasattr(self, "traffic") else 0

    def start(self) -> None:
        """Returns when every process works and honest payments are decided."""
        platform = self.platform
        platform.kafka.start()
        self.bootstrap = platform.bootstrap = platform.kafka.bootstrap
        seeded = self.run("seed", "--engine", self.engine, timeout_s=READY_TIMEOUT_S)
        demand(seeded.returncode == 0, f"`tollgate seed` failed: {seeded.stderr[-500:]}")
        follow = tollgate("follower", "--engine", self.engine, "--every", "4")
        platform.engine_part = self._started("engine", tollgate("engine", "--engine", self.engine))
        platform.follower_part = self._started("follower", follow)
        platform.warehouse_part = self._started("warehouse", tollgate("warehouse"))
        for name, command in (
            ("parquet-sink", tollgate("parquet-sink")),
            ("list-agent", tollgate("agents", "lists", "--engine", self.engine)),
            ("label-agent", tollgate("agents", "labels", "--engine", self.engine)),
        ):
            self._started(name, command)
        for part in self.platform.parts:
            wait_for(f"{part.name} at work", part.is_ready, READY_TIMEOUT_S, self.platform.tick)
        self.watch = OutputWatch(self.bootstrap, self.engine)
        self.traffic = GoodTraffic(self.bootstrap, f"{self.engine}.payments", self.number)
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()
        demand(self.probe(READY_TIMEOUT_S), "honest payments are not decided before any attack")

    def _started(self, name: str, command: list[str]) -> Part:
        ready = READY_LINES.get(name, "")
        part = Part(name, command, self.platform.environment(), self.home / "logs", ready)
        self.platform.parts.append(part)
        part.start()
        return part

    def stop(self) -> None:
        """Ends all."""
        self._keeping.set()
        with suppress(AttributeError):
            self._keeper.join(30)
            self.traffic.stop()
            self.watch.close()
        self.platform.stop()

    def keep_no_longer(self) -> None:
        """From now on what ends stays ended: for the platform's rest."""
        self._keeping.set()
        self._keeper.join(30)

    def end_traffic(self) -> list[str]:
        """Stops honest customers; which of their payments were not decided exactly once."""
        self.traffic.stop()
        sent = self.traffic.sent
        self.watch.wait(lambda: all(self.watch.decided[id] for id in sent), DECIDED_TIMEOUT_S)
        wrong = sorted(id for id in sent if self.watch.decided[id] != 1)
        return (
            [f"{len(wrong)} of {len(sent)} honest payments were not decided once: {wrong[:3]}"]
            if wrong
            else []
        )

    def send(
        self, role: str, value: bytes | None, key: bytes | None = None, producer: Producer | None = None
    ) -> Place:
        """Puts one record on a topic of the engine; where it lies."""
        return self.send_all(role, [(key, value)], producer)[0]

    def send_all(
        self, role: str, records: list[tuple[bytes | None, bytes | None]], producer: Producer | None = None
    ) -> list[Place]:
        """Puts records on a topic of the engine; where they lie."""
        topic = f"{self.engine}.{role}"
        places: list[Place] = []
        refused: list[KafkaError] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                places.append((topic, int(message.offset())))
            else:
                refused.append(error)

        producer = producer or Producer({"bootstrap.servers": self.bootstrap, "message.max.bytes": 4_000_000})
        for key, value in records:
            producer.produce(topic, value, key, on_delivery=delivered)
            producer.poll(0)
        producer.flush(60)
        if refused:
            raise RuntimeError(f"the broker does not take the attacker's records: {refused[0]}")
        return places

    def wait_read(self, *places: Place) -> None:
        """Returns when the engine has journalled these records."""
        demand(
            self.watch.wait(lambda: all(map(self.watch.covers, places)), DECIDED_TIMEOUT_S),
            f"the engine has not gone past {places[-1]} in {DECIDED_TIMEOUT_S:.0f} s",
        )

    def letter(self, place: Place, *reasons: str) -> str:
        """Demands that the record became exactly one dead letter with one of these reasons."""
        self.wait_read(place)
        self.watch.wait(lambda: self.watch.letters.get(place), 10)
        found = [letter["reason"] for letter in self.watch.letters.get(place, [])]
        demand(len(found) == 1 and found[0] in reasons, f"{place} became {found}, not one of {reasons}")
        return f"dead letter {found[0]}"

    def answer(self, place: Place) -> dict[str, Any]:
        """Demands that the record has exactly one answer on `decisions`."""
        self.wait_read(place)
        self.watch.wait(lambda: self.watch.answers.get(place), 10)
        found = self.watch.answers.get(place, [])
        demand(len(found) == 1, f"{place} got {len(found)} answers on decisions")
        return found[0]

    def records(self, role: str, start: int = 0) -> list[Message]:
        """The committed records of one of the engine's topics."""
        return committed(self.bootstrap, f"{self.engine}.{role}", start)

    def records_of(self, engine: str, role: str) -> list[Message]:
        """The same of another engine."""
        return committed(self.bootstrap, f"{engine}.{role}")

    def run(
        self,
        *arguments: str,
        timeout_s: float = COMMAND_TIMEOUT_S,
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """`tollgate ...` as a person at this machine runs it."""
        return subprocess.run(
            tollgate(*arguments), env=self.platform.environment() | dict(environment or {}),
            capture_output=True, text=True, check=False, timeout=timeout_s, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def ends(self) -> dict[str, list[int]]:
        """Exit codes of processes that ended by themselves, by name."""
        return {part.name: list(part.ends) for part in self.platform.parts}

    def probe(self, timeout_s: float = DECIDED_TIMEOUT_S) -> bool:
        """Whether twenty honest payments, sent now, are decided within that time."""
        ids = self.traffic.send(20)
        return self.watch.wait(lambda: all(self.watch.decided[id] for id in ids), timeout_s)

    def part(self, name: str) -> Part:
        return next(part for part in self.platform.parts if part.name == name)

    def restart(self, name: str) -> None:
        """Stops a process as an operator does, starts it again, and waits until it works."""
        part = self.part(name)
        part.stop()
        part.start()
        wait_for(f"{name} at work", part.is_ready, READY_TIMEOUT_S, lambda: None)

    def memory_bytes(self, name: str) -> int:
        """Resident memory of a process."""
        child = self.part(name)._child
        return 0 if child is None else int(psutil.Process(child.pid).memory_info().rss)

    def list_agent_answers(self, timeout_s: float = 60.0) -> bool:
        """Whether the list agent takes a request and answers it."""
        id = fresh("probe-")
        request = {
            "type": "list_request", "id": id, "requested_at": int(time.time() * 1000), "author": "probe",
            "reason": "probe", "list": "watched_bins", "value": "499999",
        }  # fmt: skip
        start = self.end("list-audit")
        self.send("list-requests", json.dumps(request).encode())
        return self._appears("list-audit", start, id, timeout_s)

    def label_agent_answers(self, timeout_s: float = 60.0) -> bool:
        """Whether the label agent parks what it cannot use: it reads."""
        id = fresh("probe-")
        start = self.end("label-parked")
        (place,) = self.send_all("disputes", [(None, id.encode())])
        return self._appears("label-parked", start, f'"offset":{place[1]},', timeout_s)

    def end(self, role: str) -> int:
        """Where the next record of one of the engine's topics will lie."""
        return high_watermark(self.bootstrap, f"{self.engine}.{role}")

    def _appears(self, role: str, start: int, text: str, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if any(text.encode() in (record.value() or b"") for record in self.records(role, start)):
                return True
            time.sleep(0.5)
        return False

    def warehouse_url(self) -> str:
        return str(json.loads((self.home / "run" / "warehouse.json").read_text())["url"])

    def clickhouse(self) -> Any:
        """A client of the warehouse as its sink is one."""
        from streams.warehouse.client import connect

        path = self.home / "warehouse-sink.netrc"
        parts = urlsplit(self.warehouse_url())
        if path.exists():
            user, _, password = next(iter(netrc.netrc(path).hosts.values()))
            parts = parts._replace(netloc=f"{user}:{password}@{parts.netloc}")
        return connect(parts.geturl())

    def warehouse_answers(self, timeout_s: float = 20.0) -> bool:
        """Whether the warehouse answers its own clients: those of `tollgate`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with (
                suppress(OSError, ValueError),
                urllib.request.urlopen(f"{self.warehouse_url()}/ping", timeout=5) as page,
            ):
                if page.status == 200:
                    return True
            time.sleep(0.5)
        return False

    def _keep(self) -> None:
        """Starts again what ends by itself, as a supervisor does."""
        while not self._keeping.wait(0.3):
            self.platform.tick()


class HistoryStage(Stage):
    """A stage whose attacks go to a historical engine, which runs beside the live one. Processes and honest
    payments are those of the first stage.
    """

    def __init__(self, stage: Stage) -> None:
        self.__dict__ |= stage.__dict__
        self._stage = stage
        self.engine = f"{stage.engine}-history"
        seeded = self.run("seed", "--engine", self.engine, timeout_s=READY_TIMEOUT_S)
        demand(seeded.returncode == 0, f"`tollgate seed` failed: {seeded.stderr[-500:]}")
        part = self._started("historian", tollgate("engine", "--engine", self.engine, "--historical"))
        wait_for("the historical engine at work", part.is_ready, READY_TIMEOUT_S, lambda: None)
        self.watch = OutputWatch(self.bootstrap, self.engine)

    def probe(self, timeout_s: float = DECIDED_TIMEOUT_S) -> bool:
        """As its stage's: honest payments are those of the live engine."""
        return self._stage.probe(timeout_s)

    def stop(self) -> None:
        """Looks on no longer; the stage ends the process."""
        self.watch.close()
