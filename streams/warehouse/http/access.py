"""What each user may ask for, and how much of everything it gets.

Invariant: a reader's limits are fixed when its connection is opened. A request may lower them, and may change
nothing else; what it may not change is refused, never left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.warehouse.credentials import WarehouseUser
from streams.warehouse.http.refusal import READONLY, RequestRefusedError

MIB: Final = 1 << 20


@dataclass(frozen=True)
class Access:
    """The share of one user in the server."""

    may_write: bool
    """By POST; GET reads, whoever asks."""
    running_max: int
    """Statements at a time; the others wait for their turn."""
    waiting_max: int
    body_bytes_max: int
    """Of a request, as it comes and once its `Content-Encoding` is undone."""


ACCESS: Final = {
    WarehouseUser.ANALYST: Access(may_write=False, running_max=4, waiting_max=16, body_bytes_max=8 * MIB),
    WarehouseUser.SINK: Access(may_write=True, running_max=4, waiting_max=4, body_bytes_max=256 * MIB),
}
READ_LIMITS: Final = {
    "max_execution_time": 60,
    "max_memory_usage": 2 << 30,
    "max_result_rows": 10_000_000,
    "max_result_bytes": 2 << 30,
    "max_threads": 4,
}
"""What one statement that reads may use; a request can lower each."""
WHOLE_RESULT_BYTES_MAX: Final = 256 * MIB
"""Of a result in a format that cannot be streamed, such as JSON or Arrow: it is in memory as a whole."""
READ_FIXED: Final = {
    "readonly": "1",
    "function_sleep_max_microseconds_per_block": "1",
    "max_query_size": str(256 << 10),
    "max_parser_depth": "300",
    "session_timezone": "UTC",
    "optimize_use_projections": "0",
}
"""Projections find ranges of the log, for sinks: a reader who names a token would pay as much again for
looking at those of every part.
"""
WRITE_DEFAULTS: Final = {
    "async_insert": "0",
    "max_execution_time": "300",
    "max_memory_usage": str(4 << 30),
    "session_timezone": "UTC",
}
"""Async inserts would acknowledge rows before they are in a table."""
WRITE_FIXED: Final = {"input_format_values_interpret_expressions": "0"}
"""Data is data: an expression among the values would run outside of what was checked."""
WRITER_MAY_SET: Final = re.compile(
    r"(async_insert|wait_for_async_insert|deduplicate_\w+|insert_\w+|max_insert_\w+|min_insert_\w+"
    r"|materialized_views_ignore_errors|mutations_sync|input_format_(?!values_interpret)\w+"
    r"|cast_string_to_dynamic_use_inference|describe_\w+|date_time_input_format|session_timezone|max_(execution_time|memory_usage|result_rows|threads))",
    re.ASCII,
)
TIMEZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,40}", re.ASCII)
WHOLE_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)


def reader_options(asked: Mapping[str, str], *, is_streamed: bool = True) -> dict[str, str]:
    """The settings of a connection that reads, with what the request asks to lower.

    >>> reader_options({"max_execution_time": "5"})["max_execution_time"]
    '5'
    """
    options = READ_FIXED | {name: str(limit) for name, limit in READ_LIMITS.items()}
    for name, value in asked.items():
        if name in READ_LIMITS:
            options[name] = _lowered(name, value)
        elif name == "session_timezone" and TIMEZONE.fullmatch(value):
            options[name] = value
        elif not (name == "readonly" and value in {"1", "2"}):
            raise RequestRefusedError(
                READONLY, f"Cannot modify '{name}' setting in readonly mode: leave it out"
            )
    if not is_streamed:
        options["max_result_bytes"] = str(min(int(options["max_result_bytes"]), WHOLE_RESULT_BYTES_MAX))
    return options


def writer_settings(asked: Mapping[str, str]) -> dict[str, str]:
    """The settings of a statement that writes. Raises RequestRefusedError for one that has nothing to do with
    writing.
    """
    for name in asked:
        if not WRITER_MAY_SET.fullmatch(name):
            raise RequestRefusedError(READONLY, f"Cannot modify '{name}' setting over HTTP: leave it out")
    return WRITE_DEFAULTS | dict(asked) | WRITE_FIXED


def _lowered(name: str, value: str) -> str:
    limit = READ_LIMITS[name]
    if not WHOLE_NUMBER.fullmatch(value) or not 0 < int(value) <= limit:
        raise RequestRefusedError(
            READONLY, f"Cannot modify '{name}' setting in readonly mode: it can be lowered from {limit} only"
        )
    return str(int(value))
