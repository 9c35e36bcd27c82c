"""Item 9: a bad line on a topic that an agent remembers by, or on the journal, keeps nobody from starting."""

from tests.attacks.attack import attack, demand
from tests.attacks.stage import Stage

LINES = (
    b"",
    b"{",
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"type":"list_answer"}',
    b'{"type":"dossier"}',
    b"0",
)


def written(stage: Stage, role: str) -> int:
    """Somebody's lines on a topic of ours; how many."""
    stage.send_all(role, [(b"somebody", line) for line in LINES])
    return len(LINES)


@attack(
    9, "local user", "write to ENGINE.list-audit",
    "the list agent starts again, and answers",
)  # fmt: skip
def bad_record_on_list_audit(stage: Stage) -> str:
    count = written(stage, "list-audit")
    stage.restart("list-agent")
    demand(stage.list_agent_answers(), "the list agent does not answer any more")
    return f"{count} records skipped; it answers"


@attack(
    9, "local user", "write to ENGINE.label-ledger",
    "the label agent starts again, and reads evidence",
)  # fmt: skip
def bad_record_on_the_label_ledger(stage: Stage) -> str:
    count = written(stage, "label-ledger")
    stage.restart("label-agent")
    demand(stage.label_agent_answers(), "the label agent does not read any more")
    return f"{count} records skipped; it reads"


@attack(
    9, "local user", "write to ENGINE.journal",
    "engine and follower go on, start again, and `verify` says that somebody wrote there",
)  # fmt: skip
def bad_record_on_the_journal(stage: Stage) -> str:
    copies = [record.value() for record in stage.records("journal")[:3]]
    count = written(stage, "journal") + len(stage.send_all("journal", [(None, copy) for copy in copies]))
    for name in ("follower", "engine"):
        stage.restart(name)
    demand(stage.probe(), "payments are not decided any more")
    return f"{count} records skipped; payments are decided"
