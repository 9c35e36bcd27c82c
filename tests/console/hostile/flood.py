"""How hostile people try to keep others out: many connections, slow ones, large forms, streams."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Final
from urllib.parse import urlsplit

import httpx

from dashboards.console.pages.live.poller import OF_A_PERSON_MAX
from dashboards.console.security.slow_clients import BODY_S, HEAD_S
from desk.accounts import Role
from tests.console.hostile.visitor import Guests, Visitor

CONNECTIONS: Final = 2_000
BODY: Final = 64 << 20
HALF: Final = (
    b"", b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=",
)  # fmt: skip


def thousands_of_slow_connections_end(guests: Guests) -> Iterator[str]:
    """Nobody is kept out for longer than a head and a body have time."""
    visitor, place = guests.visitor(), urlsplit(guests.address)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * CONNECTIONS, hard), hard))
    for sent in HALF:
        with ExitStack() as stack:
            for _ in range(CONNECTIONS):
                one = stack.enter_context(socket.create_connection((place.hostname, place.port or 80), 30))
                with suppress(OSError):
                    one.sendall(sent)
            waited = back_within(visitor, 2 * HEAD_S + BODY_S + 10)
        if waited is None:
            yield f"{CONNECTIONS} connections with {sent[:20]!r}: nobody else is answered"


def streams_of_one_person_are_bounded(guests: Guests) -> Iterator[str]:
    """One person does not take the places of the others."""
    greedy, other = guests.let_in(Role.VIEWER), guests.let_in(Role.VIEWER)
    taken, readers = 0, []  # a reader that is let go closes its stream
    with ExitStack() as stack:
        for _ in range(3 * OF_A_PERSON_MAX):
            answer = stack.enter_context(greedy.client.stream("GET", "/live/events"))
            readers.append(answer.iter_text())
            taken += answer.status_code == 200 and "retry: 30000" not in next(readers[-1])
        if taken > OF_A_PERSON_MAX:
            yield f"one person holds {taken} streams"
        with other.client.stream("GET", "/live/events") as answer:
            if answer.status_code != 200:
                yield f"another person gets {answer.status_code}"


def huge_bodies_and_heads_are_refused(guests: Guests) -> Iterator[str]:
    """With and without their length, as a form and as many fields."""
    visitor = guests.let_in(Role.VIEWER)
    token, many = visitor.token(), "&".join(f"f{n}=1" for n in range(90_000))

    def pieces() -> Iterator[bytes]:
        for _ in range(BODY >> 16):
            yield b"x" * (1 << 16)

    for content in (pieces(), f"csrf={token}&{many}", b"x" * (2 << 20)):
        headers = {"origin": visitor.address, "content-type": "application/x-www-form-urlencoded"}
        with suppress(httpx.HTTPError):
            answer = visitor.client.post("/account/password", content=content, headers=headers)
            if answer.status_code not in {400, 403, 413, 422}:
                yield f"a large body: {answer.status_code}"
    for length in (100_000, 2_000_000):
        with suppress(httpx.HTTPError):
            if visitor.client.get("/account", headers={"x-large": "x" * length}).status_code == 500:
                yield f"a head of {length} bytes is a fault"
    if visitor.client.get("/account").status_code != 200:
        yield "nobody is answered after large bodies"


def back_within(visitor: Visitor, seconds: float) -> float | None:
    """How long until the console answers again; None where it does not."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        with suppress(httpx.HTTPError):
            if visitor.client.get("/sign-in").status_code == 200:
                return time.monotonic() - begun
        time.sleep(0.5)
    return None
