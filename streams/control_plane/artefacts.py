"""Artefacts on an engine's log: put there ahead of the controls that name them, and read back from it.

Invariants
- `upload` returns only when every reader sees the whole file: a control published after it finds it there.
- What is read back is checked by its hash. The folder of artefacts is a cache: what is missing or torn there
  is filled again from the log, so a new host needs no file of another.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from models.messages import Change, artefact_of, artefact_parts, decode_part, encode
from storage import write_atomically
from streams.errors import Damaged, Fenced, Misconfigured, Outage
from streams.kafka import (
    OutgoingMessage,
    Topics,
    TransactionalProducer,
    check_there,
    cloudevents,
    committed_end,
    records,
    transaction_settings,
)
from streams.settings import Settings

UPLOAD_MS = 60_000
"""After this long the broker gives up on an upload that died halfway."""
SETTLE_S = 10.0
AHEAD_S = 0.25
"""A running engine reads its topics side by side: it is given time to see a file before its control."""


class ArtefactStore:
    """The artefacts of one host. A name always holds its whole content, which survives a power cut."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stage(self, content: bytes) -> str:
        """Keeps `content`; returns its SHA-256, the name that controls use."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not (self.folder / sha256).exists():
            self.replace(content)
        return sha256

    def replace(self, content: bytes) -> None:
        """Keeps `content`, whatever its name held before."""
        write_atomically(self.folder / hashlib.sha256(content).hexdigest(), content, durable=True)

    def load(self, sha256: str) -> bytes:
        """The content of that hash. Raises `Misconfigured` where it is not staged, `Damaged` where it
        changed.
        """
        path = self.folder / sha256
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise Misconfigured(f"artefact {sha256} is not staged in {self.folder}") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Damaged(f"{path} does not match the hash in its name")
        return content


def upload(bootstrap: str, engine: str, changes: Iterable[Change], store: ArtefactStore) -> list[str]:
    """Puts the artefacts that these changes name on the log, from the folder of artefacts; their hashes.

    One that lies on the log already is put there again: what is on the log need not be read for that.
    Raises `Misconfigured` where one is not staged, `Outage` where Kafka does not take it.
    """
    named = list(dict.fromkeys(sha256 for change in changes if (sha256 := artefact_of(change)) is not None))
    if named:
        put(bootstrap, engine, {sha256: store.load(sha256) for sha256 in named})
        time.sleep(AHEAD_S)
    return named


def put(bootstrap: str, engine: str, contents: Mapping[str, bytes]) -> None:
    """Puts artefacts, by their hashes, on the log in one transaction, and waits until they are seen there."""
    topic = Topics(engine)["artefacts"]
    check_there(bootstrap, topic)
    messages = [
        OutgoingMessage(
            topic,
            encode(part),
            sha256,
            cloudevents.headers(engine, "artefact", f"{sha256}/{part.start}"),
        )
        for sha256, content in contents.items()
        for part in artefact_parts(sha256, content)
    ]
    settings = transaction_settings(bootstrap, f"{engine}-controls", UPLOAD_MS)
    try:
        producer = TransactionalProducer(settings, "publisher", attempts=1, patience_s=0)
        (last,) = producer.commit(messages)
    except (Fenced, Outage) as failure:
        raise Outage(
            f"{topic}: {', '.join(contents)} was not put there ({failure}). Another publisher may have been "
            "at work: try again"
        ) from failure
    _wait(bootstrap, topic, last)


def _wait(bootstrap: str, topic: str, offset: int) -> None:
    """Until the record at this offset is committed for every reader."""
    if committed_end(bootstrap, topic, offset + 1, SETTLE_S) <= offset:
        raise Outage(f"{topic} does not show offset {offset}: nothing was published, try again")


class LoggedArtefacts:
    """The artefacts of one engine: from the folder where it has them, else from the log."""

    def __init__(self, bootstrap: str, engine: str, store: ArtefactStore) -> None:
        self._bootstrap = bootstrap
        self._engine = engine
        self._store = store

    def load(self, sha256: str) -> bytes:
        """The content of that hash. Raises `Damaged` where neither the folder nor the log has it."""
        try:
            return self._store.load(sha256)
        except (Misconfigured, Damaged) as missing:
            content = on_log(self._bootstrap, self._engine, sha256)
            if content is None:
                raise Damaged(
                    f"{missing}. {Topics(self._engine)['artefacts']} does not hold it either: put the file "
                    "there again, see docs/runbooks/lost-artefacts.md"
                ) from missing
            self._store.replace(content)
            return content


def artefacts_of(settings: Settings, engine: str) -> LoggedArtefacts:
    """The artefacts of an engine, as every command of this installation finds them."""
    return LoggedArtefacts(settings.kafka(), engine, ArtefactStore(settings.home / "artefacts"))


def on_log(bootstrap: str, engine: str, sha256: str) -> bytes | None:
    """The artefact of that hash, from its parts on the log; None where they are not all there."""
    content = bytearray()
    for record in records(bootstrap, Topics(engine)["artefacts"]):
        try:
            part = decode_part(record.value() or b"")
        except msgspec.MsgspecError:
            continue  # the engine has answered it with a dead letter
        if part.sha256 != sha256:
            continue
        if part.start == 0:
            content.clear()
        if part.start == len(content):
            content += part.data
        if len(content) == part.size and hashlib.sha256(content).hexdigest() == sha256:
            return bytes(content)
    return None
