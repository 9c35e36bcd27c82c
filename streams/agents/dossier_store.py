"""The label agent's dossiers on local disk: a copy of the compacted topic ENGINE.label-ledger, with an index.

Invariants
- The ledger is the truth. The store is what the ledger holds up to `position`, never ahead of it: a change
  is written here only after its ledger record is committed.
- A change and the position after it are one SQLite transaction: a process killed at any point leaves an
  older copy, which is read up from the ledger at the next start.
- A store of another ledger (other cluster, or a topic created again), of another version, or damaged is
  emptied and filled again from the ledger's beginning.

Memory does not grow with the number of dossiers: about 1 kB of disk each.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from models.labels import Dossier
from models.messages import encode

VERSION: Final = "2"
_TABLES: Final = """
create table meta (name text primary key, value text not null) without rowid;
create table dossiers (key text primary key, due integer, body blob not null);
create index dossiers_due on dossiers (due) where due is not null;
"""
_decode = msgspec.json.Decoder(Dossier).decode


class DossierStore:
    """`due` of a dossier: when its payment's silence is to be judged (ms); None where it is not."""

    def __init__(self, path: Path, ledger: str) -> None:
        """`ledger` identifies the incarnation of the ledger topic that this is a copy of."""
        self._identity = f"{VERSION}|{ledger}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._open(path)
        except sqlite3.DatabaseError:
            _remove(path)
            self._open(path)

    def _open(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        if self._db.execute("pragma quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError(f"{path} is damaged")
        named = self._db.execute("select 1 from sqlite_master where name = 'meta'").fetchone()
        if named is None or self._meta("identity", "") != self._identity:
            self._db.close()
            _remove(path)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _TABLES)
            self._set("identity", self._identity)

    @property
    def position(self) -> int:
        """The ledger's offset from which on nothing is here yet."""
        return int(self._meta("position", "0"))

    @property
    def pending(self) -> int:
        """How many payments' silence is waited for."""
        return int(self._db.execute("select count(*) from dossiers where due is not null").fetchone()[0])

    @property
    def seen(self) -> int:
        """Event time (ms) that was reached, also by what changed no dossier or closed it; 0 at first."""
        return int(self._meta("seen", "0"))

    def get(self, keys: Iterable[str]) -> dict[str, Dossier]:
        """The dossiers there are for these keys."""
        found = {}
        for key in keys:
            row = self._db.execute("select body from dossiers where key = ?", (key,)).fetchone()
            if row is not None:
                found[key] = _decode(row[0])
        return found

    def put(
        self, changes: Mapping[str, tuple[Dossier, int | None] | None], position: int, seen: int | None = None
    ) -> None:
        """Dossiers with when they are due, by key; None takes one out. `position`: after their records,
        `seen`: event time there; None, where it is not known: the newest that the dossiers speak of.

        Where the store holds what is on the ledger up to there already, nothing is changed: an agent that
        was taken over from may come too late with what it wrote last.
        """
        self._db.execute("begin immediate")
        if changes and position <= self.position:
            self._db.execute("rollback")
            return
        gone = [(key,) for key, change in changes.items() if change is None]
        there = [(key, *change) for key, change in changes.items() if change is not None]
        kept = [(key, due, encode(dossier)) for key, dossier, due in there]
        if seen is None:
            seen = max((fact.at for _, dossier, _ in there for fact in dossier.facts), default=0)
        self._db.executemany("delete from dossiers where key = ?", gone)
        self._db.executemany("insert or replace into dossiers values (?, ?, ?)", kept)
        self._set("seen", str(max(seen, self.seen)))
        self._set("position", str(max(position, self.position)))
        self._db.execute("commit")

    def due(self, before: int, most: int) -> dict[str, tuple[Dossier, int]]:
        """Dossiers that were due at or before this time (ms), the earliest first, with when they were."""
        rows = self._db.execute(
            "select key, due, body from dossiers where due <= ? order by due, key limit ?", (before, most)
        )
        return {key: (_decode(body), due) for key, due, body in rows}

    def close(self) -> None:
        self._db.close()

    def _meta(self, name: str, default: str) -> str:
        row = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def _set(self, name: str, value: str) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (name, value))


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
