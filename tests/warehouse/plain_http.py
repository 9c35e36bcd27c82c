"""Requests to the local warehouse without a client of ClickHouse: plain HTTP, and bare sockets."""

import socket
from base64 import b64encode
from email.message import Message
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from streams.warehouse.credentials import WarehouseUser, password_of
from streams.warehouse.http.server import WarehouseServer


def login(server: WarehouseServer, user: str) -> str:
    """The value of `Authorization` for the user `user`, `sink` or `analyst`."""
    named = WarehouseUser(f"tollgate_{user}")
    return "Basic " + b64encode(f"{named}:{password_of(server.home, named)}".encode()).decode()


def get(
    server: WarehouseServer, path: str = "/", body: bytes | None = None, user: str = "sink", **headers: Any
) -> tuple[int, Message, bytes]:
    """Plain HTTP, as the user `user` unless the headers say otherwise."""
    with_login = {"Authorization": login(server, user)} | headers
    try:
        with urlopen(Request(server.url + path, body, with_login)) as response:
            return response.status, response.headers, response.read()
    except HTTPError as failure:
        with failure:
            return failure.code, failure.headers, failure.read()


def opened(server: WarehouseServer, sent: bytes) -> socket.socket:
    """A connection on which only `sent` was sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(sent)
    return connection


def answer(connection: socket.socket) -> bytes:
    """Everything until the server ends the connection."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)
