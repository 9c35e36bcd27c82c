"""Figures of Live as server-sent events.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import Final

from starlette.concurrency import run_in_threadpool

from dashboards.console.pages.live.figures import Scope
from dashboards.console.pages.live.poller import LivePoller, TooManyListenersError
from dashboards.console.pages.live.shown import shown

STREAM_MAX_S: Final = 300.0
"""A stream ends after this time. The browser comes back by itself, and must be signed in then."""
ASKED_EVERY_S: Final = 5.0
"""So often it is asked whether who listens may still: who was kept out gets no figures for longer."""
QUIET_S: Final = 15.0
"""A line at least as often, so that a connection that is dead is noticed."""
RETRY: Final = "retry: 3000\n\n"
FULL: Final = "retry: 30000\n: all places are taken\n\n"


def _anybody() -> bool:
    return True


async def events(
    poller: LivePoller, scope: Scope, who: str = "", may_still: Callable[[], bool] = _anybody
) -> AsyncGenerator[str, None]:
    """The stream of one page; it ends at once where all places are taken, and the browser asks later.

    who: the person, whose open pages are counted. may_still: whether their session and rights are as they
    were; the stream ends where not, and with the browser's next request that is told.
    """
    loop = asyncio.get_running_loop()
    end, asked_at = loop.time() + STREAM_MAX_S, loop.time()
    try:
        with poller.listening(scope, loop, who) as listener:
            yield RETRY
            while (left := end - loop.time()) > 0:
                figures = await listener.newest(min(QUIET_S, left))
                if loop.time() - asked_at >= ASKED_EVERY_S:
                    if not await run_in_threadpool(may_still):
                        return
                    asked_at = loop.time()
                yield ": nothing new\n\n" if figures is None else _event(shown(figures))
    except TooManyListenersError:
        yield FULL


def _event(content: object) -> str:
    return f"event: figures\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"
