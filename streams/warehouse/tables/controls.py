"""The rows of tables `controls` and `list_answers`: who changed how payments are judged, signed by whom."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from models.lists import ListAnswer
from models.messages import (
    AmountWaiver,
    ChallengerHalt,
    Control,
    ListChange,
    PolicyChange,
    PromoteChange,
    RulesetChange,
    TableChange,
    TraBand,
    TrustChange,
    artefact_of,
    encode,
)
from models.trust import ControlEnvelope, key_id, kind_of
from models.versions import VERSION_DIGITS, content_version
from streams.warehouse.tables.columns import (
    TEXT_MAP,
    Columns,
    appended_at,
    coordinates,
    lists,
    numbers,
    texts,
    times,
    times_or_null,
)
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.row import Row

NO_ENTRY: Final = ListChange("-", "-", present=False)
MODEL_KINDS: Final = frozenset(("model", "challenger", "promote", "challenger_halt"))


class _Signing(NamedTuple):
    signed_by: tuple[str, ...] = ()
    author: str = ""
    installation: str = ""
    expires_at: int | None = None


def control_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:  # noqa: ARG001 - as every table's
    """Each control that can be read, signed or not."""
    controls = [_control(row.content) for row in rows]
    signings = [_signing(row.content) for row in rows]
    changes = [control.change for control in controls]
    return {
        "id": texts(c.id for c in controls),
        "kind": texts(kind_of(change) for change in changes),
        "issued_at": times([c.issued_at for c in controls]),
        "author": texts(c.author for c in controls),
        "reason": texts(c.reason for c in controls),
        "version": texts(_version(change) for change in changes),
        "sha256": texts(_artefact(change) for change in changes),
        "target": texts(_target(change) for change in changes),
        **_entry([change if isinstance(change, ListChange) else NO_ENTRY for change in changes]),
        "change": texts(encode(change).decode() for change in changes),
        "signed_by": lists(signing.signed_by for signing in signings),
        "signing_author": texts(signing.author for signing in signings),
        "installation": texts(signing.installation for signing in signings),
        "must_arrive_by": times_or_null(signing.expires_at for signing in signings),
        "keys": pa.array([_keys(change) for change in changes], TEXT_MAP),
        "appended_at": appended_at(rows),
        **coordinates(rows),
    }


def list_answer_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:  # noqa: ARG001
    """Each answer to a request to change a list."""
    answers: list[ListAnswer] = [row.content for row in rows]
    return {
        "request": texts(a.request for a in answers),
        "status": texts(a.status for a in answers),
        "answered_at": times([a.answered_at for a in answers]),
        "list": texts(a.list for a in answers),
        "value": texts(a.value for a in answers),
        "author": texts(a.author for a in answers),
        "control": texts(a.control for a in answers),
        "fault": texts(a.fault.value if a.fault else "" for a in answers),
        "detail": texts(a.detail for a in answers),
        "repeated": numbers((a.repeated for a in answers), pa.bool_()),
        "request_offset": numbers((a.offset for a in answers), pa.uint64()),
        "appended_at": appended_at(rows),
        **coordinates(rows),
    }


def _control(content: Control | ControlEnvelope) -> Control:
    return content.statement.control if isinstance(content, ControlEnvelope) else content


def _signing(content: Control | ControlEnvelope) -> _Signing:
    if not isinstance(content, ControlEnvelope):
        return _Signing()
    statement = content.statement
    keys = tuple(each.key for each in content.signatures)
    return _Signing(keys, statement.author, statement.installation, statement.expires_at)


def _entry(entries: Sequence[ListChange]) -> Columns:
    """What a control says of a list; empty where it is about something else."""
    return {
        "value": texts("" if entry is NO_ENTRY else entry.value for entry in entries),
        "present": numbers((entry.present for entry in entries), pa.bool_()),
        "expires_at": times_or_null(entry.expires_at for entry in entries),
        "purpose": texts(entry.purpose for entry in entries),
    }


def _artefact(change: Any) -> str | None:
    named = change.sha256 if isinstance(change, PromoteChange | ChallengerHalt) else artefact_of(change)
    return str(named) if named else None


def _version(change: Any) -> str:
    """As decisions name it."""
    if isinstance(change, RulesetChange | PolicyChange):
        document = change.ruleset if isinstance(change, RulesetChange) else change.policy
        try:
            return content_version(document)
        except (TypeError, ValueError):  # what no engine takes either: its dead letter says why
            return ""
    return (_artefact(change) or "")[:VERSION_DIGITS] if kind_of(change) in MODEL_KINDS else ""


def _target(change: Any) -> str | None:
    match change:
        case ListChange():
            return change.list
        case TableChange():
            return change.table
        case TraBand():
            return change.entity
        case AmountWaiver():
            return change.currency
        case _:
            return None


def _keys(change: Any) -> list[tuple[str, str]]:
    """Names of the keys by id, of a change of trust: what later signatures are by."""
    if not isinstance(change, TrustChange):
        return []
    named = {}
    pairs = [(each.key, each.name) for each in change.root.keys]
    for public, name in pairs + [(each.key, each.name) for each in change.keys]:
        try:
            named[key_id(public)] = name
        except ValueError:  # no public key: the engine refuses the control
            continue
    return list(named.items())
