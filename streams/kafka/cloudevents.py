"""CloudEvents 1.0 attributes as Kafka headers (binary content mode): the body stays exactly the message.

Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2. Attributes carry the prefix `ce_`; the media
type of the body is the header `content-type`.
"""

from functools import lru_cache

Header = tuple[str, bytes]

SPECVERSION = "1.0"
MEDIA_TYPE = {"vectors": "application/msgpack"}
JSON = "application/json"


def event_type(kind: str) -> str:
    """The `ce_type` of messages of this kind: `tollgate.decision.v1`."""
    return f"tollgate.{kind}.v1"


def source(engine: str) -> str:
    """The `ce_source` of everything on one engine's topics: `/tollgate/live`."""
    return f"/tollgate/{engine}"


@lru_cache(maxsize=256)
def _static(engine: str, kind: str) -> tuple[Header, ...]:
    return (
        ("ce_specversion", SPECVERSION.encode()),
        ("ce_type", event_type(kind).encode()),
        ("ce_source", source(engine).encode()),
        ("content-type", MEDIA_TYPE.get(kind, JSON).encode()),
    )


def headers(engine: str, kind: str, id: str) -> list[Header]:
    """Headers of one message; `id` is unique among the messages of this kind on this engine's topics.

    >>> headers("live", "decision", "p1/1/pre_auth")[1]
    ('ce_type', b'tollgate.decision.v1')
    """
    return [*_static(engine, kind), ("ce_id", id.encode())]
