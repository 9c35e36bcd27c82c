"""An operator's orders to an engine that is down: to pass over a control that ends it.

Another control cannot help such an engine: it lies after the one that ends it. So an order is a file in the
engine's own folder, written by `tollgate engine pass-over` and read at the next start. What it did, who gave
it and why are in the journal, so follower, replay and verification do the same without the file.

Invariants
- A control that was not applied yet is skipped where it is read, and becomes a dead letter.
- One that was applied before, and ends the engine at a later payment, is withdrawn: what it put in effect no
  longer is, from the first batch on after the one that the order names as the last. If the engine has gone on
  since, the order is void: somebody may have published another in the meantime.
- Where controls are signed, an order is signed by a key with the role of operations, for this installation
  and engine; one that is not is not followed, and raises an alarm.
- A file is removed only once the journal says what was done.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from models.messages import Identifier, JournalEntry, JudgePart, KeySignature, Role, Withdrawal
from models.trust import SigningKey, TrustState, key_id, signature_by, verify
from storage import write_atomically
from streams.engine.input.batch import InputBatch
from streams.errors import Misconfigured

log = logging.getLogger(__name__)

SUFFIX: Final = ".json"


class PassOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pass_over", tag_field="type"):
    """One order."""

    installation: str
    """The installation it is for; empty where controls are not signed."""
    engine: Identifier
    """The engine it is for."""
    offset: int
    """The control's offset on the topic of controls."""
    target: JudgePart
    """What the control put in effect, which is withdrawn where it was applied already."""
    after_batch: int
    """The engine's last batch when the order was given; 0: none."""
    author: Identifier
    """Who gave it."""
    reason: str
    """Why."""

    @property
    def why(self) -> str:
        """Who gave it and why, in words."""
        return f"passed over by order of {self.author}: {self.reason}"


class OrderFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as it is kept."""

    order: msgspec.Raw
    """The text of a `PassOver`: what is signed."""
    signature: KeySignature | None = None
    """By a key with the role of operations; null where controls are not signed."""


_decode_file = msgspec.json.Decoder(OrderFile).decode
_decode = msgspec.json.Decoder(PassOver).decode


def write_order(folder: Path, order: PassOver, key: SigningKey | None = None) -> Path:
    """Keeps an order for the engine of this folder, signed with `key`."""
    text = msgspec.json.encode(order)
    kept = OrderFile(msgspec.Raw(text), signature_by(key, text) if key else None)
    path = _path(folder, order)
    write_atomically(path, msgspec.json.encode(kept), durable=True)
    return path


class PassOverOrders:
    """The orders that an engine found when it started."""

    def __init__(
        self, folder: Path, engine: str, topic: str, next_offset: int, number: int, trust: TrustState
    ) -> None:
        """`topic`: the controls', of which everything before `next_offset` was applied; `number`: the last
        journalled batch; `trust`: whom the engine trusts after it. Raises `Misconfigured` for a file that is
        no order for this engine.
        """
        self._folder = folder
        self._topic = topic
        self._skipping: dict[int, PassOver] = {}
        self._withdrawing: list[PassOver] = []
        for order in _orders(folder, engine, trust):
            if order.offset >= next_offset:
                self._skipping[order.offset] = order
            elif order.after_batch == number:
                self._withdrawing.append(order)
            else:
                log.warning(
                    "the order to pass over offset %d of %s is void: it was given after batch %d, the engine "
                    "has gone on to batch %d",
                    order.offset,
                    topic,
                    order.after_batch,
                    number,
                )
                self._remove(order)

    def skips(self, batch: InputBatch) -> Mapping[int, str]:
        """Indices of the records of a batch that are passed over, and why."""
        if not self._skipping:
            return {}
        return {
            index: self._skipping[batch.offsets[index]].why
            for run in batch.runs
            if run.topic == self._topic
            for index in range(run.first, run.last)
            if batch.offsets[index] in self._skipping
        }

    def withdrawals(self) -> tuple[Withdrawal, ...]:
        """What is withdrawn before the next batch."""
        return tuple(
            Withdrawal(self._topic, order.offset, order.target, order.why) for order in self._withdrawing
        )

    def settle(self, entry: JournalEntry) -> None:
        """The journal holds this entry: what it says was done needs no file any more."""
        for order in self._withdrawing:
            self._remove(order)
        self._withdrawing = []
        for skip in entry.skipped:
            if skip.topic == self._topic and skip.offset in self._skipping:
                self._remove(self._skipping.pop(skip.offset))

    def _remove(self, order: PassOver) -> None:
        _path(self._folder, order).unlink(missing_ok=True)


def _path(folder: Path, order: PassOver) -> Path:
    return folder / f"{order.offset:020d}{SUFFIX}"


def _orders(folder: Path, engine: str, trust: TrustState) -> list[PassOver]:
    orders = []
    for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else ():
        order, file = _order(path, engine)
        if _is_authorised(order, file, trust):
            orders.append(order)
        else:
            log.critical(
                "ALARM: %s is not signed by a key of this installation with the role operations; it is not "
                "followed: remove it",
                path,
            )
    return orders


def _is_authorised(order: PassOver, file: OrderFile, trust: TrustState) -> bool:
    if trust.root is None:
        return True
    keys, signature = trust.keys, file.signature
    if keys is None or signature is None or order.installation != keys.root.installation:
        return False
    return any(
        key_id(each.key) == signature.key
        and Role.OPERATIONS in each.roles
        and verify(each.key, signature.signature, bytes(file.order))
        for each in keys.keys
    )


def _order(path: Path, engine: str) -> tuple[PassOver, OrderFile]:
    try:
        file = _decode_file(path.read_bytes())
        order = _decode(file.order)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is no order to pass over a control ({error}): remove it") from error
    if order.engine != engine or path != _path(path.parent, order):
        raise Misconfigured(f"{path} is no order for engine {engine}: remove it")
    return order, file
