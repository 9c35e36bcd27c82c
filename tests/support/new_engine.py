"""An engine that no other test knows, with its topics."""

from uuid import uuid4

from streams.kafka.admin import ensure_topics


def new_engine(bootstrap: str, prefix: str) -> str:
    """Makes the topics of an engine whose name begins with `prefix`; its name."""
    name = f"{prefix}-{uuid4().hex[:8]}"
    ensure_topics(bootstrap, name)
    return name
