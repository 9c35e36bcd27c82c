"""A network between Kafka's clients and a broker that delivers some requests late: TCP, one hop, no more.

A request that is held is delivered when it is released, also when whoever sent it has hung up long ago: as
routers, balancers and paused machines do.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.platform.broker.local_kafka import QUICK, LocalKafka
from streams.platform.processes import HOST, Ports

PRODUCE, ADD_PARTITIONS, END_TRANSACTION = 0, 24, 26
"""Kinds of requests, as Kafka's protocol numbers them."""
HELD_MAX_S = 120.0


class SlowNetwork:
    """Listens at `port` and passes everything on to the broker at `target`, but for what is held."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._kind: int | None = None
        self._loses_answer = False
        self.reached, self._released = threading.Event(), threading.Event()
        self._server = socket.create_server((HOST, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, kind: int, *, answer: bool = False) -> None:
        """Holds the next request of this kind; with `answer` it gets through, and its answer is held."""
        self.reached.clear()
        self._released.clear()
        self._loses_answer, self._kind = answer, kind

    def release(self) -> None:
        """Delivers what is held."""
        self._released.set()

    def close(self) -> None:
        self._released.set()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection((HOST, self._target))
            except OSError:  # the broker has stopped; a client of a thrown-away producer may still ask
                client.close()
                continue
            for each in (client, broker):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = threading.Event()
            answers.set()
            for way in (self._requests, self._answers):
                threading.Thread(target=way, args=(client, broker, answers), daemon=True).start()

    def _requests(self, client: socket.socket, broker: socket.socket, answers: threading.Event) -> None:
        with broker:
            for frame in _frames(client):
                if struct.unpack(">h", frame[4:6])[0] == self._kind:
                    self._kind = None
                    self.reached.set()
                    if self._loses_answer:
                        answers.clear()
                    else:
                        self._released.wait(HELD_MAX_S)
                try:
                    broker.sendall(frame)
                except OSError:
                    return

    def _answers(self, client: socket.socket, broker: socket.socket, answers: threading.Event) -> None:
        with client:
            for frame in _frames(broker):
                if not answers.is_set():
                    self._released.wait(HELD_MAX_S)
                try:
                    client.sendall(frame)
                except OSError:
                    return


def _frames(source: socket.socket) -> Iterator[bytes]:
    """Requests or answers as they come: four bytes of length, then the rest."""
    while head := _exactly(source, 4):
        body = _exactly(source, int.from_bytes(head, "big"))
        if not body:
            return
        yield head + body


def _exactly(source: socket.socket, size: int) -> bytes:
    """So many bytes; none where the connection ends before."""
    found = b""
    while len(found) < size:
        try:
            more = source.recv(size - len(found))
        except OSError:
            return b""
        if not more:
            return b""
        found += more
    return found


@contextmanager
def broker_behind_slow_network(home: Path) -> Iterator[tuple[LocalKafka, str, SlowNetwork]]:
    """A broker of its own, the address by which it is reached over the slow network, and that network."""
    ports = Ports(home / "run" / "ports.json", say=lambda _: None)
    clients, controller, slow, network = (ports.get(name) for name in NAMES)
    listeners = f"PLAINTEXT://{HOST}:{clients},SLOW://{HOST}:{slow}"
    overrides = {
        "listeners": f"{listeners},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{clients},SLOW://{HOST}:{network}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SLOW:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }
    kafka = LocalKafka(home, say=lambda _: None, overrides=overrides, java_options=QUICK)
    kafka.start()
    between = SlowNetwork(network, slow)
    try:
        yield kafka, f"{HOST}:{network}", between
    finally:
        between.close()
        kafka.stop()


NAMES = ("kafka", "kafka-controller", "slow", "network")
"""Of the ports."""
