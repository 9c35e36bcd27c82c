"""Where recorded payments come from: an engine's log and archive, a data set, or a folder made before.

A data set is prepared once under `HOME/backtest`, by path, size, time of change, map, limit and catalogue; an
engine's payments are read from its topics once, and again when the log has grown.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import xxhash

from features.catalogue import Catalogue
from models.policy import Policy, PolicyError
from models.reference import REFERENCE_TABLES, agreed
from models.rules import RulesetError
from models.scoring import ArtefactError
from models.seed import seed_model_artefact, seed_policy
from storage import write_atomically
from streams.backtest.cases import FORMAT, CaseArchive, ListHistory, from_file, from_log
from streams.backtest.strategy import Strategy, strategy_of
from streams.control_plane import artefacts_of, in_use, read_document
from streams.engine.decision import rule_schema
from streams.errors import Misconfigured
from streams.settings import Settings
from streams.sources.files import load
from streams.sources.vectors import VectorSource, reference_tables

Notify = Callable[[str], None]
DONE: Final = "prepared.json"


@dataclass(frozen=True)
class RecordedPayments:
    """Recorded payments, and the policy and model to decide them by where no others are given."""

    archive: CaseArchive
    catalogue: Catalogue
    policy: Mapping[str, Any]
    model: bytes | None
    """None: the logged probabilities."""
    lists: ListHistory
    rates: Any

    def strategy(self, ruleset: dict[str, Any], policy: Path | None, model: Path | None) -> Strategy:
        """A strategy to try. Raises `Misconfigured` where one of the three cannot be used."""
        policy_document = dict(self.policy) if policy is None else read_document(policy)
        artefact = self.model if model is None else model.read_bytes()
        try:
            schema = rule_schema(self.catalogue)
            return strategy_of(
                ruleset, Policy.from_dict(policy_document), artefact, schema, self.lists, self.rates
            )
        except (PolicyError, RulesetError, ArtefactError) as error:
            raise Misconfigured(str(error)) from error


def from_folder(settings: Settings, folder: Path) -> RecordedPayments:
    """A folder that `from_data_set` or `from_engine` made, or one laid out like it."""
    archive = CaseArchive(folder / from_file.CASES, folder / from_file.VECTORS)
    archive.check()
    return RecordedPayments(
        archive,
        in_use(settings),
        seed_policy(),
        seed_model_artefact(),
        ListHistory(),
        reference_tables()["fx"],
    )


def from_data_set(
    settings: Settings, path: Path, map_name: str, limit: int | None, notify: Notify
) -> RecordedPayments:
    """The payments of a file; decided by the seed's policy and model where no others are given."""
    catalogue, reference = in_use(settings), reference_tables()
    replay_map = load(map_name)
    file = path.stat()
    name = (
        str(path.resolve()),
        file.st_size,
        file.st_mtime_ns,
        repr(replay_map),
        limit,
        catalogue.schema_hash,
        FORMAT,
    )
    folder = settings.home / "backtest" / f"{path.stem}-{xxhash.xxh3_64_hexdigest(repr(name))}"
    if not (folder / DONE).exists():
        notify(f"preparing {path} once, under {folder}")
        done = from_file.prepare(VectorSource(path, replay_map, limit=limit), folder, catalogue, reference)
        left = f"{done.refused:,} refused, {done.repeated:,} repeated"
        notify(f"{done.rows:,} rows: {done.cases:,} payments, {left}")
        write_atomically(folder / DONE, json.dumps(vars(done)))
    return from_folder(settings, folder)


def from_engine(settings: Settings, engine: str, notify: Notify) -> RecordedPayments:
    """What an engine decided; decided by the policy it ended with where no other is given."""
    store = artefacts_of(settings, engine)
    folder = settings.home / "backtest" / f"engine={engine}"
    log = from_log.prepare(settings.kafka(), engine, folder, store.load, notify)
    vectors = settings.home / "vectors" / f"engine={engine}"
    if not vectors.is_dir():
        raise Misconfigured(
            f"{vectors} is not there: no vectors of engine {engine} were archived on this host"
        )
    tables = agreed({name: REFERENCE_TABLES[name].load(store.load(sha)) for name, sha in log.tables.items()})
    lists = ListHistory.of(log.changes)
    archive = CaseArchive(folder / from_file.CASES, vectors)
    return RecordedPayments(
        archive, in_use(settings), log.policy or seed_policy(), None, lists, tables.get("fx")
    )
