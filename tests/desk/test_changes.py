"""A ruleset that one person proposes and another approves."""

import hashlib
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import psycopg
import pytest

from desk.changes import (
    Changes,
    Difference,
    NoSuchProposal,
    Proposal,
    ProposalRefused,
    ProposalState,
    publish_approved,
    publish_what_was_left,
)
from desk.changes.publishing import APPROVERS_OWN
from desk.database import DeskDatabase
from streams.errors import Outage
from tests.desk.changes_scene import APPROVER, AUTHOR, DOCUMENT, NOW, TEXT, THIRD, Log, Somebody, Trail

LATER = NOW + APPROVERS_OWN


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def changes(desk_database: DeskDatabase, trail: Trail) -> Changes:
    return Changes(desk_database, trail, lambda: NOW)


@pytest.fixture
def proposal(changes: Changes) -> Proposal:
    return changes.propose(AUTHOR, "live", TEXT, DOCUMENT, "old", "an attack ")


def approved(changes: Changes, proposal: Proposal, person: Somebody = APPROVER) -> Proposal:
    return changes.approve(person, proposal.proposal_id, proposal.document_sha256, "old", "old")


def test_a_draft_is_kept_for_each_author(changes: Changes) -> None:
    changes.save_draft(AUTHOR, "live", "first", "old")
    changes.save_draft(AUTHOR, "live", "second", "old")
    changes.save_draft(APPROVER, "live", "mine", "old")
    found = changes.draft_of(AUTHOR, "live")
    assert found is not None
    assert (found.document_text, found.base_version, found.updated_at) == ("second", "old", NOW)
    changes.drop_draft(AUTHOR, "live")
    assert changes.draft_of(AUTHOR, "live") is None
    assert changes.draft_of(APPROVER, "live") is not None


def test_what_is_proposed_waits_with_its_hash_and_the_draft_is_gone(changes: Changes, trail: Trail) -> None:
    changes.save_draft(AUTHOR, "live", TEXT, "old")
    proposal = changes.propose(AUTHOR, "live", TEXT, DOCUMENT, "old", " an attack ")
    assert proposal.state is ProposalState.WAITING
    assert proposal.content == DOCUMENT
    assert proposal.document_text == TEXT
    assert proposal.reason == "an attack"
    assert hashlib.sha256(proposal.document).hexdigest() == proposal.document_sha256
    assert changes.proposals("live") == [proposal]
    assert changes.proposals("other") == []
    assert changes.text_of("live", proposal.version) == TEXT
    assert changes.draft_of(AUTHOR, "live") is None
    assert [(name, action) for name, action, _ in trail.notes] == [("author", "ruleset_proposed")]


def test_nothing_is_proposed_without_a_reason_or_where_nothing_changes(
    changes: Changes, proposal: Proposal
) -> None:
    with pytest.raises(ProposalRefused, match="say why"):
        changes.propose(AUTHOR, "live", TEXT, {**DOCUMENT, "name": "other"}, "old", "  ")
    with pytest.raises(ProposalRefused, match="say why"):
        changes.propose(AUTHOR, "live", TEXT, {**DOCUMENT, "name": "other"}, "old", "x" * 501)
    with pytest.raises(ProposalRefused, match="nothing would change"):
        changes.propose(AUTHOR, "live", TEXT, DOCUMENT, proposal.version, "again")
    with pytest.raises(ProposalRefused, match="already, and waits"):
        changes.propose(THIRD, "live", TEXT, DOCUMENT, "old", "me too")


def test_nobody_approves_what_they_proposed(changes: Changes, proposal: Proposal) -> None:
    with pytest.raises(ProposalRefused, match="another person"):
        approved(changes, proposal, AUTHOR)
    assert changes.proposal(proposal.proposal_id).state is ProposalState.WAITING


@pytest.mark.usefixtures("proposal")
def test_the_table_itself_takes_no_approval_by_the_author(desk_database: DeskDatabase) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), desk_database.transaction() as connection:
        connection.execute("UPDATE change_proposals SET state = 'approved', decided_by_id = author_id")


def test_the_table_itself_keeps_what_was_proposed(desk_database: DeskDatabase, proposal: Proposal) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="altered"), desk_database.transaction() as held:
        held.execute(
            "UPDATE change_proposals SET document = %s, document_sha256 = %s WHERE proposal_id = %s",
            (b"{}", hashlib.sha256(b"{}").hexdigest(), proposal.proposal_id),
        )


def test_who_approves_names_the_content_and_the_ruleset_it_was_compared_with(
    changes: Changes, proposal: Proposal
) -> None:
    with pytest.raises(ProposalRefused, match="not the content"):
        changes.approve(APPROVER, proposal.proposal_id, "0" * 64, "old", "old")
    with pytest.raises(ProposalRefused, match="went live since"):
        changes.approve(APPROVER, proposal.proposal_id, proposal.document_sha256, "old", "newer")
    with pytest.raises(NoSuchProposal):
        changes.approve(APPROVER, uuid4(), proposal.document_sha256, "old", "old")


def test_what_whoever_decided_saw_is_kept_and_cannot_be_altered(
    changes: Changes, proposal: Proposal, desk_database: DeskDatabase
) -> None:
    seen = Difference.of("old", ["+ rule a: amount > 1", "x" * 2_000, *["~ name"] * 1_100])
    sha256 = proposal.document_sha256
    changes.approve(APPROVER, proposal.proposal_id, sha256, "old", "old", difference=seen)
    kept = changes.proposal(proposal.proposal_id).difference
    assert kept == seen
    assert (len(kept.lines), kept.left, kept.lines[1][-6:]) == (1_000, 102, " [cut]")
    altered = pytest.raises(psycopg.errors.RaiseException, match="cannot be altered")
    with altered, desk_database.transaction() as connection:
        connection.execute("UPDATE change_proposals SET difference = NULL")
    publish_approved(changes, Log(), changes.proposal(proposal.proposal_id), APPROVER)
    found = changes.published_of("live", proposal.version)
    assert found is not None
    assert (found.difference, found.decided_by_name) == (seen, APPROVER.name)
    assert changes.published_of("live", "another") is None


def test_what_was_approved_is_published_byte_by_byte(
    changes: Changes, proposal: Proposal, trail: Trail
) -> None:
    log = Log()
    offset = publish_approved(changes, log, approved(changes, proposal), APPROVER)
    found = changes.proposal(proposal.proposal_id)
    assert log.documents == {proposal.control_id: proposal.document}
    assert (found.state, found.log_offset, found.trouble) == (ProposalState.PUBLISHED, offset, "")
    assert found.reason_on_the_log == "an attack (proposed by author, approved by approver)"
    assert [action for _, action, _ in trail.notes] == [
        "ruleset_proposed",
        "ruleset_approved",
        "ruleset_published",
    ]


def test_of_two_who_approve_at_once_one_does_and_it_is_published_once(
    changes: Changes, proposal: Proposal, trail: Trail
) -> None:
    log, start, answers = Log(), Barrier(2), list[str]()

    def approve(person: Somebody) -> None:
        start.wait()
        try:
            publish_approved(changes, log, approved(changes, proposal, person), person)
            answers.append("published")
        except ProposalRefused as refused:
            answers.append(str(refused))

    threads = [Thread(target=approve, args=(person,)) for person in (APPROVER, THIRD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.remove("published")
    assert "was first" in answers[0]
    assert len(log.documents) == 1
    assert [action for _, action, _ in trail.notes].count("ruleset_published") == 1


def test_a_process_that_dies_after_publishing_leaves_what_the_next_one_finds(
    changes: Changes, proposal: Proposal
) -> None:
    log = Log(dies=True)
    with pytest.raises(KeyboardInterrupt):
        publish_approved(changes, log, approved(changes, proposal), APPROVER)
    assert changes.proposal(proposal.proposal_id).state is ProposalState.APPROVED
    log.dies = False
    assert publish_what_was_left(changes, log, "live", LATER) == []
    assert changes.proposal(proposal.proposal_id).state is ProposalState.PUBLISHED
    assert len(log.documents) == 1


def test_a_process_that_dies_before_publishing_leaves_what_is_published_once(
    changes: Changes, proposal: Proposal, trail: Trail
) -> None:
    approved(changes, proposal)
    log, others = Log(), Log()
    assert publish_what_was_left(changes, log, "live", LATER) == []
    assert publish_what_was_left(changes, others, "live", LATER) == []
    assert (len(log.documents), len(others.documents)) == (1, 0)
    assert [(name, action) for name, action, _ in trail.notes][-1] == (None, "ruleset_published")


def test_what_was_approved_just_now_or_for_another_engine_is_left_alone(
    changes: Changes, proposal: Proposal
) -> None:
    approved(changes, proposal)
    log = Log()
    publish_what_was_left(changes, log, "live", LATER - timedelta(seconds=1))
    publish_what_was_left(changes, log, "other", LATER)
    assert log.documents == {}


def test_what_cannot_be_published_now_says_why_and_is_published_later(
    changes: Changes, proposal: Proposal
) -> None:
    log = Log(is_down=True)
    with pytest.raises(Outage):
        publish_approved(changes, log, approved(changes, proposal), APPROVER)
    assert changes.proposal(proposal.proposal_id).trouble == "Kafka does not answer"
    assert len(publish_what_was_left(changes, log, "live", LATER)) == 1
    log.is_down = False
    assert publish_what_was_left(changes, log, "live", LATER) == []
    assert changes.proposal(proposal.proposal_id).trouble == ""


def test_a_rejected_or_withdrawn_proposal_is_closed(changes: Changes, proposal: Proposal) -> None:
    with pytest.raises(ProposalRefused, match="only who proposed"):
        changes.withdraw(APPROVER, proposal.proposal_id)
    with pytest.raises(ProposalRefused, match="say why"):
        changes.reject(APPROVER, proposal.proposal_id, "")
    assert changes.reject(APPROVER, proposal.proposal_id, "too wide").note == "too wide"
    with pytest.raises(ProposalRefused, match="was first"):
        approved(changes, proposal, THIRD)
    again = changes.propose(AUTHOR, "live", TEXT, DOCUMENT, "old", "narrower now")
    assert changes.withdraw(AUTHOR, again.proposal_id).state is ProposalState.WITHDRAWN
