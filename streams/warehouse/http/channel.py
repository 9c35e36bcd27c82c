"""One connection: its header is checked before its body is read, and nothing in it may take for ever.

Invariants
- A request's header is complete within `HEADER_S` of its first byte, its body within `BODY_S`.
- A connection that has not said who it is yet is closed after `HEADER_S`, an idle one after `IDLE_S`.
- A response that is not read is broken off: at least `SENT_MIN_BYTES` go out in `STALL_S`.

waitress reads requests without threads, so slow senders cost a socket each and no more; a slow reader of a
response costs a thread, which closing the connection frees.
"""

import copy
import time
from functools import cache
from typing import Any, Final

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error

from streams.warehouse.credentials import WarehouseUser
from streams.warehouse.http.access import ACCESS
from streams.warehouse.http.gate import HttpGate
from streams.warehouse.http.refusal import RequestRefusedError, refusal_headers

HEADER_S: Final = 10.0
BODY_S: Final = 120.0
IDLE_S: Final = 120.0
STALL_S: Final = 20.0
SENT_MIN_BYTES: Final = 64 << 10
PING_BODY_BYTES: Final = 1


class GateError(Error):  # type: ignore[misc]
    """The response to a request that is not let in; the connection ends with it."""

    def __init__(self, refusal: RequestRefusedError) -> None:
        super().__init__(refusal.text)
        self._refusal = refusal
        self.code, self.reason = refusal.status, refusal.name

    def to_response(self, _: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        return f"{self.code} {self.reason}", refusal_headers(self._refusal), f"{self.body}\n".encode()


class GatedRequest(HTTPRequestParser):  # type: ignore[misc]
    """A request under way. `user` is known once its header is complete and let in."""

    user: WarehouseUser | None = None

    def __init__(self, adjustments: Adjustments, gate: HttpGate) -> None:
        super().__init__(adjustments)
        self.adj: Adjustments = adjustments
        self._gate = gate

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        try:
            self.user = self._gate.user(self.path, self._header)
        except RequestRefusedError as refusal:
            self._turn_away(refusal)
            return
        limit = ACCESS[self.user].body_bytes_max if self.user else PING_BODY_BYTES
        self.adj = _with_body_limit(self.adj, limit)

    def _header(self, name: str) -> str:
        return str(self.headers.get(name.upper().replace("-", "_"), ""))

    def _turn_away(self, refusal: RequestRefusedError) -> None:
        """No body is waited for or kept."""
        self.error = GateError(refusal)
        self.body_rcv, self.content_length, self.chunked = None, 0, False
        self.expect_continue = False


@cache
def _with_body_limit(adjustments: Adjustments, limit: int) -> Adjustments:
    changed = copy.copy(adjustments)
    changed.max_request_body_size = limit
    return changed


class BoundedChannel(HTTPChannel):  # type: ignore[misc]
    """A connection with deadlines. `user`: who the last request came from, None until one was let in."""

    def __init__(self, server: Any, sock: Any, address: Any, adjustments: Any, map: Any = None) -> None:
        self.user: WarehouseUser | None = None
        self._request_since: float | None = None
        self._sent_bytes = 0
        self._sample = (time.time(), 0)
        super().__init__(server, sock, address, adjustments, map=map)

    def parser_class(self, adjustments: Adjustments) -> GatedRequest:
        return GatedRequest(adjustments, self.server.gate)

    def readable(self) -> bool:
        return bool(self.connected and super().readable())

    def writable(self) -> bool:
        """Never after it was closed: its number may be another connection's by then."""
        return bool(self.connected and super().writable())

    def received(self, data: bytes) -> bool:
        before = self.request
        result = bool(super().received(data))
        if self.request is None:
            self._request_since = None
        elif self.request is not before:
            self._request_since = time.time()
        for request in [*self.requests, self.request]:
            self.user = getattr(request, "user", None) or self.user
        return result

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent = int(super().send(data, do_close=do_close))
        self._sent_bytes += sent
        return sent

    def is_overdue(self, now: float) -> bool:
        """Whether this connection has taken longer than anything may."""
        if self.total_outbufs_len:
            return self._is_stalled(now)
        self._sample = (now, self._sent_bytes)
        if self.requests:
            return False
        if self._request_since is not None and self.request is not None:
            return now - self._request_since > (BODY_S if self.request.headers_finished else HEADER_S)
        return bool(now - self.last_activity > (HEADER_S if self.user is None else IDLE_S))

    def _is_stalled(self, now: float) -> bool:
        since, sent_bytes = self._sample
        if now - since < STALL_S:
            return False
        self._sample = (now, self._sent_bytes)
        return bool(self._sent_bytes - sent_bytes < SENT_MIN_BYTES)
