"""What stands before the application: the host that was asked for, and the headers of every answer."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.console.security.cookies import cookies_of
from dashboards.console.security.headers import NO_STORE, answer_headers
from dashboards.console.security.slow_clients import punctual
from dashboards.console.warehouse import new_asker

LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "[::1]"))
BODY_MAX: Final = 1 << 20
"""Bytes of a request."""


class ConsoleGuard:
    """An ASGI application around another, at `address` (that of ConsoleParts).

    A page of another name that leads to this machine (DNS rebinding) is refused by its Host header.
    """

    def __init__(self, app: ASGIApp, address: str) -> None:
        self._app = app
        self._headers = answer_headers(address)
        self._host = urlsplit(address).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, self._with_headers(scope, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_ours(Headers(scope=scope).get("host", "")):
            new_asker()
            await self._app(scope, punctual(receive), send)
        else:
            refusal = PlainTextResponse("The console is not known by this name.\n", 421)
            await refusal(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        if self._host:
            return host.lower() == self._host.lower()
        name, colon, port = host.rpartition(":")
        return (name if colon and port.isdigit() else host).lower() in LOOPBACK

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", NO_STORE)
                for cookie in cookies_of(scope):
                    headers.append("set-cookie", cookie)
            await send(message)

        return with_headers
