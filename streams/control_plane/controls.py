"""Changes of judgement put on an engine's log, and read back from it.

Invariants
- What is published together is on the log together, in one transaction: all of it or nothing.
- What is read back is what the engine applied or will come to, from whatever topic it takes controls; what it
  refused is not among it (`streams.control_plane.log_trust`).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from tenacity import Retrying, stop_after_delay, wait_fixed

from models.messages import Change, Control, TrustChange, encode
from streams.control_plane.log_trust import LogTrust, opened, progress_of, wait_for_open_transactions
from streams.control_plane.signing import ControlSigner
from streams.engine.recovery import last_entry
from streams.errors import Fenced, Misconfigured, Outage
from streams.kafka import (
    OutgoingMessage,
    Topics,
    TransactionalProducer,
    check_there,
    cloudevents,
    records,
    transaction_settings,
)
from streams.keys import Keyring

SETTLE_S = 10.0
"""Right after a commit its markers may not be on the topic yet."""
ABANDONED_MS = 10_000
"""After this long the broker gives up on a publisher that died halfway: until then the engine reads
no further control.
"""


@dataclass(frozen=True)
class LoggedControl:
    """A control and its place in the log. Its author is who signed it, where controls are signed."""

    offset: int
    appended_at: int
    control: Control
    signers: tuple[str, ...] = ()
    """Who signed it; nobody where controls were not signed."""
    topic: str = ""
    """Where it lies; empty: on the `controls` topic."""
    refused: str | None = None
    """Why the engine did not apply it."""
    waiting: bool = False
    """The engine has not come to it yet."""


def publish(
    bootstrap: str,
    engine: str,
    changes: Iterable[Change],
    author: str,
    reason: str,
    keyring: Keyring | None = None,
) -> list[int]:
    """Publishes changes as controls, all in one transaction; their offsets. They are signed with `keyring`
    where the engine asks for that. Raises `Outage`, `Misconfigured`.
    """
    now = int(time.time() * 1000)
    return publish_controls(
        bootstrap,
        engine,
        [
            Control(id=f"{now}-{number}", issued_at=now, author=author, change=change, reason=reason)
            for number, change in enumerate(changes)
        ],
        keyring,
    )


def publish_controls(
    bootstrap: str,
    engine: str,
    controls: Sequence[Control],
    keyring: Keyring | None = None,
) -> list[int]:
    """Puts controls on the log, all in one transaction; their offsets. Raises `Outage`: none is there then.

    One publisher an engine: a second one that starts meanwhile takes over, and the first fails. So what is
    signed follows what is on the log. Raises `Misconfigured` where there is no such engine, or this host may
    not sign.
    """

    ids = [control.id for control in controls]
    return publish_values(bootstrap, engine, ids, lambda: _values(bootstrap, engine, controls, keyring))


def _values(bootstrap: str, engine: str, controls: Sequence[Control], keyring: Keyring | None) -> list[bytes]:
    brings_keys = any(isinstance(each.change, TrustChange) for each in controls)
    signing = signer(bootstrap, engine, keyring, always=brings_keys)
    return signing.values(controls) if signing else [encode(control) for control in controls]


class _AlreadyThere(Exception):  # noqa: N818 - no error: it ends an attempt that is not needed
    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def publish_once(bootstrap: str, engine: str, control: Control, keyring: Keyring | None = None) -> int:
    """Puts a control on the log unless one of its id is there; its offset either way. Raises as
    `publish_controls`.

    It is looked for once this publisher has taken over: whoever published before can write no more, and what
    that had begun is on the log or never will be. So two who publish at once, or one who comes after a
    publisher that died, put it there once.
    """

    def values() -> list[bytes]:
        there = offset_of(bootstrap, engine, control.id)
        if there is not None:
            raise _AlreadyThere(there)
        return _values(bootstrap, engine, [control], keyring)

    try:
        (offset,) = publish_values(bootstrap, engine, [control.id], values)
    except _AlreadyThere as found:
        return found.offset
    return offset


def offset_of(bootstrap: str, engine: str, id: str) -> int | None:
    """Where the control of this id is on the `controls` topic; None where it is not. Raises `Outage`."""
    topic = Topics(engine)["controls"]
    wait_for_open_transactions(bootstrap, topic)
    for record in records(bootstrap, topic):
        try:
            control, _ = opened(record.value() or b"")
        except Misconfigured:
            continue
        if control.id == id:
            return int(record.offset())
    return None


def signer(
    bootstrap: str, engine: str, keyring: Keyring | None, *, always: bool = False
) -> ControlSigner | None:
    """Signs the controls of one engine from its log's end on; None where they are not signed.

    `always`: also for an engine that began without a root of trust, which is to get its first keys. Raises
    `Misconfigured` where the engine takes signed controls only and this host has no keys.
    """
    if keyring is None:
        entry = last_entry(bootstrap, engine)
        if entry is not None and entry.trust:
            raise Misconfigured(
                f"the controls of {engine} are signed, and this host has no keys: point TOLLGATE_HOME or "
                "TOLLGATE_KEYS at those that `tollgate up` or `tollgate keys new` made"
            )
        return None
    trust = LogTrust(bootstrap, engine, keyring.root)
    state = trust.at_end()
    return None if trust.is_open and not always else ControlSigner(state, keyring)


def publish_values(
    bootstrap: str, engine: str, ids: Sequence[str], values: Callable[[], list[bytes]]
) -> list[int]:
    """Puts records of controls on the log in one transaction; their offsets. `values` are asked for once no
    other publisher can write any more. Raises as `publish_controls`.
    """
    topic = Topics(engine)["controls"]
    check_there(bootstrap, topic)
    settings = transaction_settings(bootstrap, f"{engine}-controls", ABANDONED_MS)
    try:
        producer = TransactionalProducer(settings, "publisher", attempts=1, patience_s=0)
        made = values()
        for value in made:
            opened(value)
        messages = [
            OutgoingMessage(topic, value, id, cloudevents.headers(engine, "control", id))
            for id, value in zip(ids, made, strict=True)
        ]
        return producer.commit(messages, reported=len(messages))
    except (Fenced, Outage) as failure:
        raise Outage(
            f"{topic}: nothing was published ({failure}). Another publisher may have been at work: try again"
        ) from failure


def logged(bootstrap: str, engine: str, with_refused: bool = False) -> Iterator[LoggedControl]:
    """The controls that an engine applied or will come to, in the order they act; `with_refused`: also those
    that it refused, or that are not authorised. Their author is who signed.
    """
    trust = LogTrust(bootstrap, engine)
    progress = progress_of(trust.inputs)
    for entry in trust.read():
        place = entry.topic, entry.offset
        refused = entry.refusal or progress.refused.get(place)
        if refused is None or with_refused:
            control = msgspec.structs.replace(entry.control, author=entry.author)
            yield LoggedControl(
                entry.offset, entry.appended_at, control, entry.signers, entry.topic, refused,
                progress.is_waiting(*place),
            )  # fmt: skip


def control_at(bootstrap: str, engine: str, offset: int) -> LoggedControl | None:
    """The control at this offset of the `controls` topic, whatever the engine makes of it, or None."""
    record = next(records(bootstrap, Topics(engine)["controls"], offset, offset + 1), None)
    if record is None or record.offset() != offset:
        return None
    try:
        control, _ = opened(record.value() or b"")
    except Misconfigured:
        return None
    return LoggedControl(offset, record.timestamp()[1], control, topic=record.topic())


def read_back(bootstrap: str, engine: str, offset: int) -> LoggedControl:
    """The control at this offset, as every reader sees it. Raises `Outage` where it is not there."""
    for attempt in Retrying(stop=stop_after_delay(SETTLE_S), wait=wait_fixed(0.1), reraise=True):
        with attempt:
            found = control_at(bootstrap, engine, offset)
            if found is None:
                raise Outage(f"{Topics(engine)['controls']} does not show offset {offset}: look again later")
    assert found is not None
    return found
