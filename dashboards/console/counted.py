"""Counts what the console answers, outside of everything that answers."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class CountedApp:
    """An application whose answers are told to `answered`: HTTP status, and seconds until they began."""

    def __init__(
        self,
        app: ASGIApp,
        answered: Callable[[int, float], None],
        stopwatch_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app, self._answered, self._stopwatch_s = app, answered, stopwatch_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._stopwatch_s()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answered(int(message["status"]), self._stopwatch_s() - began)
            await send(message)

        await self._app(scope, receive, counted)
