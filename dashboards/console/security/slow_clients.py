"""Whoever is slow on purpose holds no place: a request's head and its body each have a time to arrive in.
Whoever is fast on purpose fills no memory: what is no body has a most.

uvicorn serves a number of connections at a time and waits for each without an end; as many connections as
that, on which nothing or half a request is sent, would keep everybody out. With httptools, its faster parser,
it keeps a head of any length: who sends one without an end would fill the memory within the time of a head.
"""

import asyncio
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_S: Final = 5.0
"""A connection on which no request is under way for one to two of these is closed."""
BODY_S: Final = 20.0
HEAD_BYTES_MAX: Final = 128 << 10
"""Of a request, all that is no body: address, headers, what frames the pieces of a body, trailers."""


class PunctualProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type, unused-ignore] # of two, by what is installed
    """uvicorn's own, that closes connections on which no request arrives, or a head without an end."""

    head_s: float = HEAD_S
    _seen: object = None
    _check: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _counts_head = hasattr(AutoHTTPProtocol, "on_message_complete")
    """Whether the parser is httptools; uvicorn's other one has a bound of its own."""

    def connection_made(self, transport: Any) -> None:
        """Begins to look at a new connection."""
        super().connection_made(transport)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Looks no more."""
        if self._check is not None:
            self._check.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts what is no body."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._counts_head and self._head_bytes > HEAD_BYTES_MAX:
            self.transport.abort()

    def on_body(self, body: bytes) -> None:
        """A piece of a body has a bound elsewhere."""
        self._head_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next request is counted anew."""
        self._head_bytes = 0
        super().on_message_complete()

    def _look_later(self) -> None:
        self._seen = self.cycle
        self._check = self.loop.call_later(self.head_s, self._look)

    def _look(self) -> None:
        """Nothing new since the last look, and nothing under way: the head of a request does not come."""
        is_waiting = self.cycle is None or self.cycle.response_complete
        if is_waiting and self.cycle is self._seen:
            self.transport.abort()
        else:
            self._look_later()


def punctual(receive: Receive, body_s: float = BODY_S) -> Receive:
    """`receive`, which raises 408 where the body is not there in time. What comes after it may take any time:
    it says that the client has gone."""
    loop = asyncio.get_running_loop()
    end, is_whole = loop.time() + body_s, False

    async def received() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, end - loop.time()))
        except TimeoutError:
            raise HTTPException(408) from None
        is_whole = not message.get("more_body", False)
        return message

    return received
