"""Ports of the local parts: free when first chosen, then the same at every start (`HOME/run/ports.json`)."""

import json
import random
import socket
from collections.abc import Callable
from pathlib import Path

from storage import write_atomically
from streams.errors import Outage

HOST = "127.0.0.1"
# Below the ranges from which Linux (32768) and macOS (49152) draw ports for outgoing connections: a stopped
# part's port is not taken by a connection of another program.
RANGE = range(20_000, 32_000)
ATTEMPTS = 100


class Ports:
    """The ports of one home, by name."""

    def __init__(self, file: Path, say: Callable[[str], None]) -> None:
        self._file = file
        self._say = say

    def get(self, name: str) -> int:
        """The port of `name`; another one, with a message, where another program has taken it since."""
        known = self.known()
        port = known.get(name)
        if port is not None and is_free(port):
            return port
        chosen = free_port(set(known.values()))
        if port is not None:
            self._say(f"port {port} of {name} is taken by another program: {name} moves to {chosen}")
        self._keep(known | {name: chosen})
        return chosen

    def known(self) -> dict[str, int]:
        """The ports chosen so far; none where the file is missing or torn."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(name): int(port) for name, port in found.items()}
        except (FileNotFoundError, ValueError, AttributeError):
            return {}

    def _keep(self, ports: dict[str, int]) -> None:
        write_atomically(self._file, json.dumps(ports) + "\n")


def free_port(taken: set[int]) -> int:
    """A port that no program listens on now. Raises Outage when a hundred attempts find none."""
    for port in random.sample(RANGE, ATTEMPTS):
        if port not in taken and is_free(port):
            return port
    raise Outage(f"no free port found between {RANGE.start} and {RANGE.stop} after {ATTEMPTS} attempts")


def is_free(port: int) -> bool:
    """Whether a server may listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: closed connections linger
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
