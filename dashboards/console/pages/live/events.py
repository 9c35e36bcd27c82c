"""Figures of Live as server-sent events.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Final

from dashboards.console.pages.live.figures import Scope
from dashboards.console.pages.live.poller import LivePoller, TooManyListenersError
from dashboards.console.pages.live.shown import shown

STREAM_MAX_S: Final = 300.0
"""A stream ends after this time. The browser comes back by itself, and must be signed in then."""
QUIET_S: Final = 15.0
"""A line at least as often, so that a connection that is dead is noticed."""
RETRY: Final = "retry: 3000\n\n"
FULL: Final = "retry: 30000\n: all places are taken\n\n"


async def events(poller: LivePoller, scope: Scope, who: str = "") -> AsyncGenerator[str, None]:
    """The stream of one page; it ends at once where all places are taken, and the browser asks later.
    who: the person, whose open pages are counted."""
    loop = asyncio.get_running_loop()
    end = loop.time() + STREAM_MAX_S
    try:
        with poller.listening(scope, loop, who) as listener:
            yield RETRY
            while (left := end - loop.time()) > 0:
                figures = await listener.newest(min(QUIET_S, left))
                yield ": nothing new\n\n" if figures is None else _event(shown(figures))
    except TooManyListenersError:
        yield FULL


def _event(content: object) -> str:
    return f"event: figures\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"
