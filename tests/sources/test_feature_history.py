"""Vectors of a file are the engine's own: same rows, same order, labels only once they are known."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE, LIFETIME, Catalogue, Entity, Family
from features.catalogue.attributes import ATTRIBUTES
from features.catalogue.measures import FRAUD_COUNT, PAYMENT_COUNT
from streams.commands.features.group import command
from streams.control_plane.catalogue import catalogue_with_metadata
from streams.engine.core import Core
from streams.engine.decision.context import Context, ControlsInEffect
from streams.engine.input.batch import InputBatch
from streams.errors import Misconfigured
from streams.sources.files import tables
from streams.sources.files.data_set_log import DataSetLog, MessageKind
from streams.sources.files.file_metadata import numeric_keys
from streams.sources.files.label_file import LabelFile
from streams.sources.files.replay_map import ReplayMap, parse
from streams.sources.vectors.compute import compute, reference_tables
from streams.sources.vectors.feature_history import FeatureHistory
from streams.sources.vectors.history_block import HistoryBlock, RowCounts, VectorSource

MAP_TEXT = """
merchant_account: shop
payment_id: "{id}"
occurred_at: {terms: {at: s}}
amount: {column: cents}
currency: EUR
method: {token: "card_{card}", bin: "411111", country: DE}
merchant: {id: "m_{merchant}", country: DE, mcc: "5411"}
customer: {id: "c_{card}"}
device_id: "d_{merchant}"
ip: {column: ip}
delivery_address_token: "a_{card}"
attempt: attempt
phase: {column: phase}
location: {latitude: latitude, longitude: longitude, divisor: 1000}
metadata: {basket: "{latitude}", note: "n{card}", gift_wrapped: "{fraud}.50", Other-Key: "{card}"}
label: {column: fraud, values: {0: legitimate, 1: fraud}, delay: 10s}
"""
MAP = parse(MAP_TEXT, "test")
SMALL = Catalogue(
    (Entity("card", "a card"),),
    (Family("card", PAYMENT_COUNT, ("1h",)), Family("card", FRAUD_COUNT, (LIFETIME,))),
    ATTRIBUTES,
)
START = 1_700_000_000
APPENDED = (START + 400 * 86_400) * 1000
COUNT, FRAUDS = "card_payment_count_1h", "card_frauds_learned_lifetime"


def row(id: Any, at: int, **changes: Any) -> dict[str, Any]:
    """A payment of card 1 at `at` seconds, without a label."""
    base = {
        "id": str(id),
        "at": START + at,
        "cents": 1000,
        "card": 1,
        "merchant": 1,
        "ip": "203.0.113.7",
        "attempt": 1,
        "phase": "pre_auth",
        "latitude": 52_500,
        "longitude": 13_400,
        "fraud": None,
    }
    return base | changes


SCHEMA = pa.schema(
    [
        (name, pa.string() if isinstance(value, str) else pa.int64())
        for name, value in row("x", 0, fraud=1).items()
    ]
)


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path


def computed(
    path: Path, catalogue: Catalogue = SMALL, replay_map: ReplayMap = MAP, **options: Any
) -> tuple[HistoryBlock, RowCounts]:
    """The rows of a file as one block."""
    history = FeatureHistory(VectorSource(path, replay_map, **options), catalogue, reference_tables())
    blocks = list(history)
    payments = [payment for block in blocks for payment in block.payments]
    times, vectors, refused = (
        np.concatenate([getattr(block, name) for block in blocks]) for name in ("times", "vectors", "refused")
    )
    return HistoryBlock(payments, times, vectors, refused), history.counts


def column(block: HistoryBlock, name: str, catalogue: Catalogue = SMALL) -> list[float | None]:
    values = block.vectors[:, catalogue.names.index(name)].tolist()
    return [None if no else value for value, no in zip(values, block.refused.tolist(), strict=True)]


def mixed(rows: int, seed: int) -> list[dict[str, Any]]:
    """With labels, later attempts and phases, repetitions, changed bodies, refused and stale rows."""
    rng = np.random.default_rng(seed)
    made: list[dict[str, Any]] = []
    at = 0
    for number in range(rows):
        at += int(rng.integers(0, 4)) * int(rng.choice([1, 60, 7_000]))
        one = row(f"p{number}", at, card=int(rng.integers(5)), merchant=int(rng.integers(4)))
        one |= {"cents": int(rng.integers(50, 90_000)), "fraud": [0, 1, None][rng.integers(3)]}
        one |= {"latitude": int(rng.integers(-89_000, 89_000)), "ip": f"198.51.100.{rng.integers(9)}"}
        if made and rng.random() < 0.3:
            earlier = made[int(rng.integers(len(made)))]
            kind = rng.integers(5)
            changes = [{"id": earlier["id"], "phase": "post_3ds"}, {"id": earlier["id"], "attempt": 2}]
            changes += [{**earlier}, {"cents": 1}, {"at": START + at - 8 * 86_400}]
            one |= changes[int(kind)]
        made.append(one)
    return made


def engine_vectors(path: Path, replay_map: ReplayMap, catalogue: Catalogue) -> dict[int, np.ndarray]:
    """What the engine's core logs for the new payments of the same file sent to it, by row."""
    context = Context(catalogue, lambda _: b"", ControlsInEffect(), tables=reference_tables())
    core = Core("test", catalogue, context)
    logged: dict[int, np.ndarray] = {}
    first = 0
    for messages in DataSetLog(path, replay_map):
        batch = InputBatch()
        records = [(value, number, APPENDED) for number, value in enumerate(messages.values)]
        batch.extend("test.history", 0, records)
        result = core.apply(batch)
        rows = np.cumsum([kind is MessageKind.PAYMENT for kind in messages.kinds]) - 1 + first
        new = [a.record for a in result.answers if not msgspec.json.decode(a.body).get("duplicate")]
        vectors = [vector for block in result.vectors for vector in block.matrix]
        logged |= {int(rows[record]): vector for record, vector in zip(new, vectors, strict=True)}
        first += messages.kinds.count(MessageKind.PAYMENT)
    return logged


@pytest.mark.parametrize("seed", [1, 2])
def test_vectors_equal_those_the_engine_logs_to_the_last_bit(tmp_path: Path, seed: int) -> None:
    path = write(tmp_path / "payments.parquet", mixed(400, seed))
    catalogue = catalogue_with_metadata(CATALOGUE, numeric_keys(path, MAP))
    block, counts = computed(path, catalogue)
    logged = engine_vectors(path, MAP, catalogue)
    assert any(np.isfinite(vector[catalogue.names.index("metadata_basket")]) for vector in logged.values())
    for number, vector in logged.items():
        assert block.vectors[number].tobytes() == vector.tobytes(), number
    assert len(logged) == counts.payments
    assert counts.payments + counts.repeated + counts.refused.total() == counts.rows == 400
    assert counts.repeated
    assert counts.labels
    assert set(counts.refused) == {"amount_below_limit", "stale"}


def test_metadata_of_the_map_become_columns_that_hold_its_numbers(tmp_path: Path) -> None:
    rows = [row(number, number, latitude=52 - number, fraud=[1, None, 0][number]) for number in range(3)]
    path = write(tmp_path / "payments.csv", rows)
    assert numeric_keys(path, MAP) == ("basket", "gift_wrapped")
    assert numeric_keys(path, msgspec.structs.replace(MAP, metadata=None)) == ()
    catalogue = catalogue_with_metadata(SMALL, ("basket", "note", "gift_wrapped", "absent"))
    assert catalogue_with_metadata(catalogue, ("note",)) is catalogue
    block, _ = computed(path, catalogue)
    assert column(block, "metadata_basket", catalogue) == [52, 51, 50]
    assert str(column(block, "metadata_gift_wrapped", catalogue)) == "[1.5, nan, 0.5]"
    for unknown in ("metadata_note", "metadata_absent"):
        assert np.isnan(block.vectors[:, catalogue.names.index(unknown)]).all()
    assert column(block, COUNT, catalogue) == [0, 1, 2]
    done = compute(VectorSource(path, MAP), tmp_path / "out.parquet", catalogue, reference_tables())
    written = pq.read_table(tmp_path / "out.parquet")
    assert written["metadata_basket"].to_pylist() == [52, 51, 50]
    assert done.features == len(SMALL.names) + 4
    with pytest.raises(Misconfigured, match="metadata key 'Other-Key' cannot be a feature"):
        catalogue_with_metadata(SMALL, ("Other-Key",))


def test_one_row_per_row_in_the_same_order(tmp_path: Path) -> None:
    path = write(tmp_path / "p.parquet", [row("b", 0), row("a", 5), row("c", 5, card=2)])
    block, _ = computed(path)
    assert block.payment_ids == ["b", "a", "c"]
    assert column(block, COUNT) == [0, 1, 0]


def test_a_label_counts_from_its_release_and_before_the_payments_of_that_time(tmp_path: Path) -> None:
    times = [0, 9, 10, 11]
    path = write(tmp_path / "p.parquet", [row(at, at, fraud=1 if at == 0 else 0) for at in times])
    assert column(computed(path)[0], FRAUDS) == [0, 0, 1, 1]
    assert column(computed(path, delay_ms=11_000)[0], FRAUDS) == [0, 0, 0, 1]
    assert column(computed(path, delay_ms=0)[0], FRAUDS) == [0, 1, 1, 1]


@settings(max_examples=25, deadline=None)
@given(
    fraud=st.lists(st.sampled_from([0, 1, None]), min_size=30, max_size=30),
    cut=st.integers(1, 29),
    changed=st.lists(st.sampled_from([0, 1, None]), min_size=30, max_size=30),
)
def test_labels_not_yet_released_change_no_vector(
    fraud: list[int | None], cut: int, changed: list[int | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("labels")
    times = [3 * number for number in range(30)]
    # A label of time t is released at t + 10: those of payments at or after `times[cut] - 10` are not known.
    later = [new if at > times[cut] - 10 else old for at, old, new in zip(times, fraud, changed, strict=True)]

    def vectors(labels: list[int | None]) -> bytes:
        rows = [row(at, at, fraud=label) for at, label in zip(times, labels, strict=True)]
        return computed(write(folder / "p.parquet", rows))[0].vectors[: cut + 1].tobytes()

    assert vectors(fraud) == vectors(later)


def test_repeated_rows_and_later_phases_read_without_adding(tmp_path: Path) -> None:
    rows = [row("a", 0), row("a", 0), row("a", 60, phase="post_3ds"), row("a", 90, cents=7_000), row("b", 99)]
    block, counts = computed(write(tmp_path / "p.parquet", rows))
    assert column(block, COUNT) == [0, 1, 1, 1, 1]
    assert (counts.payments, counts.repeated) == (3, 2)


def test_a_later_attempt_adds(tmp_path: Path) -> None:
    rows = [row("a", 0), row("a", 60, attempt=2), row("b", 99)]
    assert column(computed(write(tmp_path / "p.parquet", rows))[0], COUNT) == [0, 1, 2]


def test_what_the_engine_would_refuse_keeps_its_row_and_is_counted(tmp_path: Path) -> None:
    rows = [row("a", 0), row("low", 1, cents=2), row("b", 2, phase="later"), row("c", 3)]
    block, counts = computed(write(tmp_path / "p.parquet", rows))
    assert column(block, COUNT) == [0, None, None, 1]
    assert counts.refused == {"amount_below_limit": 1, "invalid_field": 1}
    assert counts.examples[0].startswith("row 1: amount_below_limit: amount 2 is below the limit")


def test_unreadable_lines_keep_their_place(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", [row("a", 0), row("b", 1), row("c", 2)])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "x", *lines[1:3], "y,1", "z", lines[3], "end"]) + "\n")
    block, counts = computed(path)
    assert block.payment_ids == [None, "a", "b", None, None, "c", None]
    assert column(block, COUNT) == [None, 0, 1, None, None, 2, None]
    assert counts.refused == {"unreadable_line": 4}
    assert counts.rows == 7
    limited, _ = computed(path, limit=4)
    assert limited.payment_ids == [None, "a", "b", None]


def test_batches_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "p.parquet", mixed(150, 5))
    whole, counts = computed(path)
    monkeypatch.setattr(tables, "BATCH_ROWS", 7)
    cut, cut_counts = computed(path)
    assert whole.vectors.tobytes() == cut.vectors.tobytes()
    assert whole.refused.tolist() == cut.refused.tolist()
    assert whole.times.tolist() == cut.times.tolist()
    assert counts == cut_counts


def _labels(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def test_labels_of_a_file_act_like_those_of_a_column(tmp_path: Path) -> None:
    rows = [row(at, at, fraud=at % 2) for at in range(0, 60, 3)]
    path = write(tmp_path / "p.parquet", rows)
    lines = [f"{one['id']},{'fraud' if one['fraud'] else 'legitimate'}" for one in reversed(rows)]
    labels = _labels(tmp_path, "\n".join(["payment_id,label", *lines]) + "\n")
    from_column, _ = computed(path, CATALOGUE)
    from_file, counts = computed(path, CATALOGUE, delay_ms=10_000, labels=LabelFile.read(labels, 10_000))
    assert from_column.vectors.tobytes() == from_file.vectors.tobytes()
    assert (counts.labels, counts.labels_unmatched) == (20, 0)


def test_labels_with_their_own_times(tmp_path: Path) -> None:
    path = write(tmp_path / "p.parquet", [row(at, at, fraud=1) for at in range(0, 50, 10)])
    known = (
        f"payment_id,label,known_at\n0,1,{(START + 20) * 1000}\n10,friendly,{(START + 11) * 1000}\nnone,0,5\n"
    )
    block, counts = computed(path, labels=LabelFile.read(_labels(tmp_path, known), None))
    assert column(block, FRAUDS) == [0, 0, 1, 1, 1]
    assert (counts.labels, counts.labels_unmatched) == (2, 1)


def test_a_label_known_before_its_payment_waits_for_it(tmp_path: Path) -> None:
    path = write(tmp_path / "p.parquet", [row(0, 0), row(10, 10), row(20, 20)])
    text = "payment_id,label,known_at\n10,fraud,2001-01-01T00:00:00\n"
    block, _ = computed(path, labels=LabelFile.read(_labels(tmp_path, text), None))
    assert column(block, FRAUDS) == [0, 0, 1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,label\n1,fraud\n", "no column 'payment_id'"),
        ("payment_id,label\n1,fraud\n", "give --delay"),
        ("payment_id,label,known_at\n1,fraud,5\n2,perhaps,5\n", "row 1 has the label 'perhaps'"),
        ("payment_id,label,known_at\n1,fraud,soon\n", "row 0 has known_at 'soon'"),
        ("payment_id,label,known_at\n,fraud,5\n", "row 0 has no payment_id"),
        ("payment_id,label,known_at\n1,fraud\n", "another number of fields"),
    ],
)
def test_a_label_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason):
        LabelFile.read(_labels(tmp_path, text), None)


def test_a_delay_without_labels_is_refused(tmp_path: Path) -> None:
    unlabelled = parse(MAP_TEXT.rpartition("label:")[0], "test")
    with pytest.raises(Misconfigured, match="--delay has no effect"):
        computed(write(tmp_path / "p.parquet", [row(0, 0)]), replay_map=unlabelled, delay_ms=1)


def _run(*arguments: object) -> Any:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def _inputs(folder: Path) -> tuple[Path, Path]:
    path = write(folder / "p.parquet", [row("a", 0), row("low", 1, cents=2), row("b", 2, fraud=1)])
    (folder / "map.yaml").write_text(MAP_TEXT)
    return path, folder / "map.yaml"


def test_the_command_writes_payment_id_and_one_numeric_column_per_feature(tmp_path: Path) -> None:
    path, map_file = _inputs(tmp_path)
    out = tmp_path / "out.parquet"
    done = _run(path, "--map", map_file, "--out", out, "--delay", "1s", "--json")
    assert done.exit_code == 0, done.output
    table = pq.read_table(out)
    assert table.column_names == ["payment_id", *CATALOGUE.names]
    assert {str(field.type) for field in table.schema} == {"string", "double"}
    assert table["payment_id"].to_pylist() == ["a", "low", "b"]
    assert table[COUNT].to_pylist() == [0, None, 1]
    assert table.schema.metadata[b"schema_hash"].decode() == CATALOGUE.schema_hash
    figures = json.loads(done.output.splitlines()[-1])
    assert (figures["rows"], figures["payments"], figures["refused"]) == (3, 2, {"amount_below_limit": 1})
    assert not list(tmp_path.glob(".*"))


def test_options_may_come_before_the_file(tmp_path: Path) -> None:
    path, map_file = _inputs(tmp_path)
    out = tmp_path / "out.parquet"
    assert _run("--map", map_file, "--out", out, path).exit_code == 0
    assert _run("compute", path, "--map", map_file, "--out", tmp_path / "other.parquet").exit_code == 0
    assert out.read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_a_broken_off_run_leaves_what_was_there(tmp_path: Path) -> None:
    path, _ = _inputs(tmp_path)
    out = tmp_path / "out.parquet"
    out.write_bytes(b"before")

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute(VectorSource(path, MAP), out, SMALL, reference_tables(), broken_off)
    assert out.read_bytes() == b"before"
    assert not list(tmp_path.glob(".*"))


def test_a_table_of_ones_own_is_used_and_an_unknown_one_refused(tmp_path: Path) -> None:
    rates = tmp_path / "rates.csv"
    rates.write_text("Date,USD\n2023-01-02,2.0\n")
    assert reference_tables([("fx", rates)])["fx"].convert(200, "USD", START * 1000) == 100
    with pytest.raises(Misconfigured, match="no such table"):
        reference_tables([("rates", rates)])
    rates.write_text("nothing")
    with pytest.raises(Misconfigured, match="the table fx cannot be read"):
        reference_tables([("fx", rates)])


def test_a_map_under_which_no_row_can_be_read_ends_with_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "p.parquet", [row("low", 1, cents=2)])
    (tmp_path / "map.yaml").write_text(MAP_TEXT)
    done = _run(path, "--map", tmp_path / "map.yaml", "--out", tmp_path / "out.parquet")
    assert done.exit_code == 1
    assert "is the map the right one?" in done.output


@pytest.mark.parametrize("wrong", ["7", "7 weeks", "d", "-7d"])
def test_a_delay_that_is_none_is_a_usage_error(tmp_path: Path, wrong: str) -> None:
    path, map_file = _inputs(tmp_path)
    done = _run(path, "--map", map_file, "--out", tmp_path / "out.parquet", "--delay", wrong)
    assert done.exit_code == 2
    assert "is not like 7d, 12h or 30min" in done.output


def test_list_and_show_say_what_a_feature_is() -> None:
    listed = json.loads(_run("list", "--json").output)
    assert tuple(listed) == CATALOGUE.names
    cards = _run("list", "--entity", "card").output.splitlines()
    of_card = [feature.name for feature in CATALOGUE.features if feature.entity == "card"]
    assert [line.split()[0] for line in cards[:-1]] == of_card
    shown = _run("show", COUNT).output
    assert "earlier payments of the card in the last 1h" in shown
    assert "payments" in shown


def test_a_misspelt_feature_is_answered_with_the_closest() -> None:
    done = _run("show", "card_payment_cuont_1h")
    assert done.exit_code == 2
    assert COUNT in done.output
    assert "closest are card" in _run("list", "--entity", "crad").output


def test_attempt_phase_address_and_place_of_a_row_are_sent(tmp_path: Path) -> None:
    path = write(tmp_path / "p.parquet", [row("a", 0, attempt=2, phase="post_3ds")])
    value = next(iter(DataSetLog(path, MAP))).values[0]
    sent = json.loads(value)
    assert (sent["attempt"], sent["phase"], sent["delivery_address_token"]) == (2, "post_3ds", "a_1")
    assert sent["location"] == {"latitude": 52.5, "longitude": 13.4}
