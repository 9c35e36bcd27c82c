"""What goes between the side that asks and the process that scores: blocks one way, lines the other."""

from typing import IO, Final

import msgspec

LENGTH_BYTES: Final = 8


class ProbeVerdict(msgspec.Struct, frozen=True):
    """One line of the process."""

    refusal: str | None
    """Why the model must not go live; None where it scores."""
    checked: bool = False
    """Whether reading it refused it, as reading it anywhere would."""


def write_block(stream: IO[bytes], content: bytes) -> None:
    """Its length, then the content."""
    stream.write(len(content).to_bytes(LENGTH_BYTES, "big"))
    stream.write(content)
    stream.flush()


def read_block(stream: IO[bytes]) -> bytes | None:
    """The next block; None at the end of the stream, also inside a block."""
    head = stream.read(LENGTH_BYTES)
    size = int.from_bytes(head, "big")
    content = stream.read(size) if len(head) == LENGTH_BYTES else b""
    return content if len(head) == LENGTH_BYTES and len(content) == size else None
