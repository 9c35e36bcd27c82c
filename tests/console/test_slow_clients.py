"""Connections that send slowly or nothing: they are closed, and others are answered meanwhile."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Final

import httpx
import pytest
from uvicorn import Config, Server

from dashboards.console.security import PunctualProtocol, slow_clients
from tests.console.scene import Scene

PLACES: Final = 20
HEAD: Final = b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM: Final = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100\r\n\r\nname="
)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A console with few places, where all that is slow is slow after half a second."""
    monkeypatch.setattr(PunctualProtocol, "head_s", 0.5)
    monkeypatch.setattr(slow_clients.punctual, "__defaults__", (0.5,))
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    opened.listen(100)
    config = Config(Scene(roles=None).app, http=PunctualProtocol, log_config=None, limit_concurrency=PLACES)
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    yield int(opened.getsockname()[1])
    server.should_exit = True
    thread.join()


def answered(port: int) -> int:
    return httpx.get(f"http://127.0.0.1:{port}/sign-in", timeout=10).status_code


def opened(stack: ExitStack, port: int, sent: bytes) -> socket.socket:
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
    connection.sendall(sent)
    return connection


@pytest.mark.parametrize("sent", [b"", b"GET", HEAD, HEAD + b"X-A: " + 1_000 * b"a"], ids=len)
def test_a_connection_without_a_whole_head_is_closed(port: int, sent: bytes) -> None:
    with ExitStack() as stack:
        slow = [opened(stack, port, sent) for _ in range(PLACES)]
        for one in slow:
            with suppress(ConnectionResetError):
                assert one.recv(1) == b""
        assert answered(port) == 200


def test_half_of_a_second_request_is_no_way_round(port: int) -> None:
    with ExitStack() as stack:
        one = opened(stack, port, HEAD + b"\r\n")
        assert one.recv(12) == b"HTTP/1.1 200"
        one.sendall(HEAD)
        with suppress(ConnectionResetError):
            while one.recv(65_536):
                pass


def test_a_body_that_does_not_come_is_told_so(port: int) -> None:
    with ExitStack() as stack:
        assert opened(stack, port, FORM).recv(12) == b"HTTP/1.1 408"
        assert answered(port) == 200


def test_who_sends_in_time_is_not_cut_off(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(3):
            assert client.get("/sign-in").status_code == 200
            assert client.post("/sign-in", data={"name": "x" * 5_000}).status_code == 403
