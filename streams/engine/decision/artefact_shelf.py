"""Which artefacts lie whole on the log so far: those a control may name.

Invariants
- What is on the shelf depends on the parts applied so far, in their order, and on nothing else: no disk, no
  clock. So a control is taken or refused alike on every host and in every replay.
- An artefact is complete when its parts came in order, from its start to its size, and give its hash.
- Whoever may write the topic of artefacts cannot fill memory: at most `INCOMPLETE_MAX` artefacts are
  incomplete, of `HELD_BYTES_MAX` together, and `COMPLETE_MAX` names are kept that no control has named yet.
  The oldest gives way, and is counted; what arrives later of one that gave way is refused with advice.
- What a control has named gives way to such ones only, of which `NAMED_MAX` are kept: garbage takes back
  nothing that a signature has vouched for.
"""

import hashlib
from collections.abc import Mapping

import msgspec
import xxhash

from models.messages import ARTEFACT_BYTES_MAX, ArtefactPart

INCOMPLETE_MAX = 4
HELD_BYTES_MAX = ARTEFACT_BYTES_MAX
COMPLETE_MAX = 4_096
NAMED_MAX = 1_024


class InvalidPartError(ValueError):
    """A part that cannot belong to its artefact; it is refused."""


class IncompleteRecord(msgspec.Struct, frozen=True):
    """An incomplete artefact in a snapshot; its bytes are an array of their own."""

    sha256: str
    size: int
    held: int
    """How many of its bytes have come."""
    hash: str
    """xxh3-128 of them."""


class ArtefactsOnLog(msgspec.Struct, frozen=True):
    """What a snapshot keeps of the shelf."""

    complete: list[str]
    """SHA-256: those that controls have named, then the others, each the oldest first."""
    incomplete: list[IncompleteRecord]
    """The oldest first."""
    named: int = 0
    """How many of the complete ones controls have named."""


class _Incomplete:
    """An artefact of which parts have come."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.content = bytearray()


class ArtefactShelf:
    """The artefacts of one engine's log. `required`: whether controls may name no other (the journal says
    so; engines from before there was such a topic had their artefacts on disk).
    """

    def __init__(self, required: bool = False) -> None:
        self.required = required
        self.given_way = 0
        """Complete artefacts that no control had named and that later ones pushed off, since the start."""
        self._named: dict[str, None] = {}
        self._unnamed: dict[str, None] = {}
        self._incomplete: dict[str, _Incomplete] = {}
        self._recent: dict[str, bytes] = {}

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._named or sha256 in self._unnamed

    def content(self, sha256: str) -> bytes | None:
        """The bytes of an artefact that was completed lately; a cache, no state."""
        return self._recent.get(sha256)

    def add(self, part: ArtefactPart) -> None:
        """Takes a part in. One that repeats what is here changes nothing. Raises `InvalidPartError`."""
        if part.sha256 in self:
            return
        if part.start == 0:
            self._begin(part)
        growing = self._incomplete.get(part.sha256)
        if growing is None:
            raise InvalidPartError(
                f"artefact {part.sha256}: the parts before byte {part.start} are not here; send it again "
                "from its start"
            )
        if part.size != growing.size or part.start + len(part.data) > growing.size:
            raise InvalidPartError(
                f"artefact {part.sha256}: a part from byte {part.start} on of a file of {part.size} bytes "
                f"does not fit one of {growing.size}"
            )
        self._append(growing, part)
        if len(growing.content) == growing.size:
            self._finish(part.sha256)

    def keep(self, sha256: str) -> None:
        """A control that was taken has named it."""
        if sha256 in self._unnamed:
            del self._unnamed[sha256]
            self._named[sha256] = None
            if len(self._named) > NAMED_MAX:
                del self._named[next(iter(self._named))]

    def _begin(self, part: ArtefactPart) -> None:
        self._incomplete.pop(part.sha256, None)
        while len(self._incomplete) >= INCOMPLETE_MAX:
            del self._incomplete[next(iter(self._incomplete))]
        self._incomplete[part.sha256] = _Incomplete(part.size)

    def _append(self, growing: _Incomplete, part: ArtefactPart) -> None:
        held = len(growing.content)
        if part.start < held and growing.content[part.start : part.start + len(part.data)] == part.data:
            return
        if part.start != held:
            raise InvalidPartError(
                f"artefact {part.sha256}: a part from byte {part.start} on, where byte {held} is next; send "
                "it again from its start"
            )
        growing.content += part.data
        while sum(len(each.content) for each in self._incomplete.values()) > HELD_BYTES_MAX:
            oldest = next(sha256 for sha256 in self._incomplete if sha256 != part.sha256)
            del self._incomplete[oldest]

    def _finish(self, sha256: str) -> None:
        content = bytes(self._incomplete.pop(sha256).content)
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise InvalidPartError(f"artefact {sha256}: its parts give {found}; send it again from its start")
        self._unnamed[sha256] = None
        if len(self._unnamed) > COMPLETE_MAX:
            del self._unnamed[next(iter(self._unnamed))]
            self.given_way += 1
        self._recent[sha256] = content
        while sum(map(len, self._recent.values())) > HELD_BYTES_MAX:
            del self._recent[next(iter(self._recent))]

    def document(self) -> ArtefactsOnLog | msgspec.UnsetType:
        """For a snapshot; nothing while no part has come."""
        if not self._named and not self._unnamed and not self._incomplete:
            return msgspec.UNSET
        incomplete = [
            IncompleteRecord(sha256, each.size, len(each.content), xxhash.xxh3_128_hexdigest(each.content))
            for sha256, each in self._incomplete.items()
        ]
        return ArtefactsOnLog([*self._named, *self._unnamed], incomplete, len(self._named))

    def contents(self) -> dict[str, bytes]:
        """What has come of the incomplete ones."""
        return {sha256: bytes(each.content) for sha256, each in self._incomplete.items()}

    @classmethod
    def restored(
        cls, document: ArtefactsOnLog | msgspec.UnsetType, contents: Mapping[str, bytes]
    ) -> "ArtefactShelf":
        """The shelf that a snapshot keeps."""
        shelf = cls()
        if document is not msgspec.UNSET:
            shelf._named = dict.fromkeys(document.complete[: document.named])
            shelf._unnamed = dict.fromkeys(document.complete[document.named :])
            for each in document.incomplete:
                growing = shelf._incomplete[each.sha256] = _Incomplete(each.size)
                growing.content += contents[each.sha256]
        return shelf
