"""A change of rules that waits for a second person, and why one may not go on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from desk.changes.differences import Difference
from streams.errors import TollgateError

REASON_CHARACTERS: Final = 500


class ProposalState(StrEnum):
    """How far a proposal has come. `approved` and not yet `published`: the log has not confirmed it yet."""

    WAITING = "waiting"
    APPROVED = "approved"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ProposalRefused(TollgateError):  # noqa: N818 - named by what happened, as all errors here
    """The step may not be taken. The message says why, and what may be done instead."""


class NoSuchProposal(ProposalRefused):
    """Nobody proposed this here."""


@dataclass(frozen=True)
class Proposal:
    """One change as it was proposed, and what became of it."""

    proposal_id: UUID
    engine: str
    kind: str
    document_text: str
    """As its author wrote it, comments included."""
    document: bytes
    """JSON: exactly what is published."""
    document_sha256: str
    version: str
    """The version decisions will cite (`models.versions`)."""
    base_version: str
    """What was live when it was proposed."""
    author_id: UUID
    author_name: str
    reason: str
    proposed_at: datetime
    state: ProposalState
    decided_by_id: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    note: str
    log_offset: int | None
    published_at: datetime | None
    trouble: str
    """Why it is not on the log yet, where publishing failed."""
    difference: Difference | None = None
    """What it changed, as whoever decided saw it."""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Proposal":
        """From a row of `change_proposals`."""
        kept = row["difference"]
        own = {
            "document": bytes(row["document"]),
            "state": ProposalState(row["state"]),
            "difference": None if kept is None else Difference.of_column(kept),
        }
        return cls(**{**row, **own})

    @property
    def content(self) -> dict[str, Any]:
        """The document. Raises `ProposalRefused` where its bytes are not those that were hashed."""
        if hashlib.sha256(self.document).hexdigest() != self.document_sha256:
            raise ProposalRefused(
                f"proposal {self.proposal_id} is not what was proposed: its bytes have another hash. Nothing "
                "was published; propose the change anew"
            )
        content: dict[str, Any] = json.loads(self.document)
        return content

    @property
    def control_id(self) -> str:
        """The id of its control on the log: there is at most one of it."""
        return f"proposal-{self.proposal_id}"

    @property
    def reason_on_the_log(self) -> str:
        """Why, and who: a signed control's author is whose key signed it."""
        people = f"proposed by {self.author_name}, approved by {self.decided_by_name}"
        return f"{self.reason} ({people})"


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as the bytes that are kept, hashed and published."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def stated_reason(text: str) -> str:
    """A reason as it goes on the log. Raises `ProposalRefused` without one."""
    reason = text.strip()
    if not 0 < len(reason) <= REASON_CHARACTERS:
        raise ProposalRefused(f"say why, in 1 to {REASON_CHARACTERS} characters: it is kept on the log")
    return reason
