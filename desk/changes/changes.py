"""Drafts of rules, and proposals that a second person approves.

Invariants
- Author and approver differ: asked here, and a constraint of the table.
- What is approved is what was proposed: whoever approves names its hash, and no row's content can be altered.
- Of two who decide at once the second is told what the first did (row lock).
- Whoever approves has seen the ruleset that is live: where another went live since, it is refused.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from desk.changes.differences import Difference
from desk.changes.proposals import (
    REASON_CHARACTERS,
    NoSuchProposal,
    Proposal,
    ProposalRefused,
    ProposalState,
    document_bytes,
    stated_reason,
)
from desk.changes.statements import statement
from models.versions import content_version

if TYPE_CHECKING:
    from desk.database import DeskDatabase

SHOWN_MAX: Final = 50


class Somebody(Protocol):
    """Who acts: a `desk.accounts.Person`."""

    @property
    def user_id(self) -> UUID: ...

    @property
    def name(self) -> str: ...


class Noting(Protocol):
    """Where it is written down who did what: a `desk.audit.AuditTrail`."""

    def note(
        self, connection: Any, person: Any, action: str, subject: str, detail: Mapping[str, Any]
    ) -> None: ...


@dataclass(frozen=True)
class Draft:
    """What an author is writing, kept at every check."""

    document_text: str
    base_version: str
    updated_at: datetime


class Changes:
    """Drafts and proposals of all engines."""

    def __init__(self, database: "DeskDatabase", trail: Noting, clock: Callable[[], datetime]) -> None:
        self._database, self._trail, self._clock = database, trail, clock

    def save_draft(self, person: Somebody, engine: str, text: str, base_version: str) -> None:
        """Keeps what somebody is writing: one draft a person and engine."""
        values = {
            "engine": engine, "author_id": person.user_id, "document_text": text,
            "base_version": base_version, "now": self._clock(),
        }  # fmt: skip
        with self._database.transaction() as connection:
            connection.execute(statement("save_draft"), values)

    def draft_of(self, person: Somebody, engine: str) -> Draft | None:
        """What this person was writing, if anything."""
        with self._database.transaction() as connection:
            found = connection.execute(
                statement("draft_of"), {"engine": engine, "author_id": person.user_id}
            ).fetchone()
        return None if found is None else Draft(**found)

    def drop_draft(self, person: Somebody, engine: str) -> None:
        """Throws the draft away."""
        with self._database.transaction() as connection:
            connection.execute(statement("drop_draft"), {"engine": engine, "author_id": person.user_id})

    def propose(
        self,
        person: Somebody,
        engine: str,
        text: str,
        document: Mapping[str, Any],
        base_version: str,
        reason: str,
    ) -> Proposal:
        """A ruleset waits for a second person from here on; its draft is gone. `document` was checked.

        Raises `ProposalRefused` without a reason, where nothing changes, and where the same content waits.
        """
        reason, version = stated_reason(reason), content_version(document)
        if version == base_version:
            raise ProposalRefused("this is the ruleset that is live already: nothing would change")
        content = document_bytes(document)
        values = {
            "proposal_id": uuid4(), "engine": engine, "kind": "ruleset", "document_text": text,
            "document": content, "document_sha256": hashlib.sha256(content).hexdigest(), "version": version,
            "base_version": base_version, "author_id": person.user_id, "author_name": person.name,
            "reason": reason, "now": self._clock(),
        }  # fmt: skip
        with self._database.transaction() as connection:
            row = connection.execute(statement("add_proposal"), values).fetchone()
            if row is None:
                raise ProposalRefused(f"ruleset {version} has been proposed already, and waits: see the list")
            connection.execute(statement("drop_draft"), {"engine": engine, "author_id": person.user_id})
            proposal = Proposal.of_row(row)
            self._note(connection, person, "ruleset_proposed", proposal, {"reason": reason})
        return proposal

    def proposal(self, proposal_id: UUID) -> Proposal:
        """Raises `NoSuchProposal`."""
        with self._database.transaction() as connection:
            row = connection.execute(statement("proposal"), {"proposal_id": proposal_id}).fetchone()
        return _found(row, proposal_id)

    def proposals(self, engine: str, most: int = SHOWN_MAX) -> list[Proposal]:
        """Open ones first, then the newest."""
        with self._database.transaction() as connection:
            rows = connection.execute(statement("proposals"), {"engine": engine, "most": most}).fetchall()
        return [Proposal.of_row(row) for row in rows]

    def text_of(self, engine: str, version: str) -> str | None:
        """The text of a version as it was written, where it was proposed here."""
        with self._database.transaction() as connection:
            row = connection.execute(
                statement("proposal_of_version"), {"engine": engine, "version": version}
            ).fetchone()
        return None if row is None else str(row["document_text"])

    def published_of(self, engine: str, version: str) -> Proposal | None:
        """The newest proposal by which a version went live; None where it came from elsewhere."""
        asked = {"engine": engine, "version": version}
        with self._database.transaction() as connection:
            row = connection.execute(statement("published_of_version"), asked).fetchone()
        return None if row is None else Proposal.of_row(row)

    def approve(
        self,
        person: Somebody,
        proposal_id: UUID,
        sha256: str,
        seen_live: str,
        live: str,
        note: str = "",
        difference: Difference | None = None,
        backtest_id: UUID | None = None,
    ) -> Proposal:
        """The second person says yes to the content of this hash. `seen_live`: the version it was compared
        with on the page, `live`: the one that is live now, `difference`: what that comparison said, which is
        kept, `backtest_id`: whose figures the page showed, for the audit trail. Raises `ProposalRefused`.
        """
        with self._database.transaction() as connection:
            proposal = self._open(connection, proposal_id)
            if proposal.author_id == person.user_id:
                raise ProposalRefused("you proposed this yourself: another person has to approve it")
            if sha256 != proposal.document_sha256:
                raise ProposalRefused("this is not the content that was proposed: open the proposal again")
            if seen_live != live:
                raise ProposalRefused(
                    f"another ruleset ({live}) went live since you opened this page: look at the difference "
                    "again, then decide"
                )
            seen = "" if backtest_id is None else str(backtest_id)
            state = ProposalState.APPROVED
            return self._decide(connection, person, proposal, state, note, difference, {"backtest": seen})

    def reject(
        self, person: Somebody, proposal_id: UUID, note: str, difference: Difference | None = None
    ) -> Proposal:
        """The second person says no, and why. Raises `ProposalRefused`."""
        with self._database.transaction() as connection:
            proposal = self._open(connection, proposal_id)
            said = stated_reason(note)
            return self._decide(connection, person, proposal, ProposalState.REJECTED, said, difference)

    def withdraw(self, person: Somebody, proposal_id: UUID, difference: Difference | None = None) -> Proposal:
        """The author takes it back. Raises `ProposalRefused`."""
        with self._database.transaction() as connection:
            proposal = self._open(connection, proposal_id)
            if proposal.author_id != person.user_id:
                raise ProposalRefused("only who proposed it may withdraw it; you may reject it")
            return self._decide(connection, person, proposal, ProposalState.WITHDRAWN, "", difference)

    def approved(self, engine: str, until: datetime) -> list[Proposal]:
        """Approved until a time, and not confirmed on the log: what a process that died may have left."""
        asked = {"engine": engine, "until": until}
        with self._database.transaction() as connection:
            rows = connection.execute(statement("approved"), asked).fetchall()
        return [Proposal.of_row(row) for row in rows]

    def is_on_the_log(self, person: Somebody | None, proposal: Proposal, offset: int) -> None:
        """Its control has this offset. Said twice, it counts once."""
        values = {"proposal_id": proposal.proposal_id, "log_offset": offset, "now": self._clock()}
        with self._database.transaction() as connection:
            if connection.execute(statement("published"), values).rowcount:
                self._note(connection, person, "ruleset_published", proposal, {"log_offset": offset})

    def could_not_be_published(self, proposal: Proposal, trouble: str) -> None:
        """Says why on the proposal's page."""
        values = {"proposal_id": proposal.proposal_id, "trouble": trouble[:1000]}
        with self._database.transaction() as connection:
            connection.execute(statement("trouble"), values)

    def _open(self, connection: Any, proposal_id: UUID) -> Proposal:
        row = connection.execute(statement("proposal_locked"), {"proposal_id": proposal_id}).fetchone()
        proposal = _found(row, proposal_id)
        if proposal.state is not ProposalState.WAITING:
            raise ProposalRefused(f"{proposal.decided_by_name} was first: it is {proposal.state} already")
        return proposal

    def _decide(
        self,
        connection: Any,
        person: Somebody,
        proposal: Proposal,
        state: ProposalState,
        note: str,
        difference: Difference | None,
        more: Mapping[str, Any] | None = None,
    ) -> Proposal:
        values = {
            "proposal_id": proposal.proposal_id, "state": state.value, "decided_by_id": person.user_id,
            "decided_by_name": person.name, "now": self._clock(), "note": note.strip()[:REASON_CHARACTERS],
            "difference": None if difference is None else Jsonb(difference.column()),
        }  # fmt: skip
        decided = Proposal.of_row(connection.execute(statement("decide"), values).fetchone())
        self._note(
            connection, person, f"ruleset_{state.value}", decided, {"note": decided.note, **(more or {})}
        )
        return decided

    def _note(
        self,
        connection: Any,
        person: Somebody | None,
        action: str,
        proposal: Proposal,
        more: dict[str, Any],
    ) -> None:
        said = {"engine": proposal.engine, "version": proposal.version, "sha256": proposal.document_sha256}
        self._trail.note(connection, person, action, f"proposal:{proposal.proposal_id}", said | more)


def _found(row: Mapping[str, Any] | None, proposal_id: UUID) -> Proposal:
    if row is None:
        raise NoSuchProposal(f"there is no proposal {proposal_id}")
    return Proposal.of_row(row)
