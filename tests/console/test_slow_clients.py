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


LARGE: Final = 2 << 20
CHUNKED: Final = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nname\r\n"
)


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"X-A: " + LARGE * b"a" + b"\r\n\r\n",
        HEAD + (LARGE // 8) * b"X-A: a\r\n" + b"\r\n",
        b"GET /" + LARGE * b"a" + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        HEAD + b"Cookie: " + (LARGE // 8) * b"a=bcdef;" + b"\r\n\r\n",
        CHUNKED + b"0\r\n" + (LARGE // 8) * b"X-A: a\r\n" + b"\r\n",
        CHUNKED + b"0\r\nX-A: " + LARGE * b"a" + b"\r\n\r\n",
        CHUNKED + b"4;" + LARGE * b"a" + b"\r\nname\r\n0\r\n\r\n",
    ],
    ids=["a header", "headers", "an address", "cookies", "trailers", "a trailer", "words about a chunk"],
)
def test_what_is_no_body_and_has_no_end_is_not_kept(port: int, sent: bytes) -> None:
    """The server would keep all of it in memory, however much comes within the time of a head."""
    with ExitStack() as stack:
        answers = b""
        with suppress(ConnectionResetError, BrokenPipeError):
            connection = opened(stack, port, sent)
            answers = connection.recv(1_000)
        assert b" 200 " not in answers
        assert b" 404 " not in answers
        assert answered(port) == 200


@pytest.mark.parametrize("length", [8_000, 30_000])
def test_a_long_head_that_browsers_send_is_answered(port: int, length: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/sign-in", headers={"x-long": length * "a"})
    assert answer.status_code == 200


def test_a_body_within_its_bound_is_not_counted_with_the_head(port: int) -> None:
    form = {"name": "x", "password": 900_000 * "x"}
    with httpx.Client() as client:
        answers = [client.post(f"http://127.0.0.1:{port}/sign-in", data=form).status_code for _ in range(3)]
    assert answers == [403] * 3, "read, and refused because it comes from no page of ours"
