"""Feast gets what the catalogue says, loses no row in a join, and has the newest value online."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.catalogue import CATALOGUE, Catalogue, Entity, Family
from features.catalogue.measures import PAYMENT_COUNT
from features.catalogue.own_files import catalogue_of
from models.messages.payment import Customer, Merchant, Method, MethodKind, Payment
from streams.errors import Misconfigured
from streams.feast import offline
from streams.feast.definitions import AS_OF, EVENT_TIME, LOGGED, definitions, view_of
from streams.feast.keys import token_texts
from streams.feast.models import model_features
from streams.feast.online import OnlineWriter, read
from streams.feast.repository import Repository, online_store, point_in_time
from streams.sources.vectors.compute import reference_tables
from tests.streams.feast_rows import NOW, SMALL, need_feast, one, payment, table, vectors

need_feast()

ALL = {"all": SMALL.names}
COUNT, IDLE = "card_payment_count_1h", "card_hours_since_last_payment"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "feast")


def _by_name(objects: list[Any]) -> dict[tuple[str, str], Any]:
    return {(type(one).__name__, one.name): one for one in objects}


def test_views_entities_and_services_follow_the_catalogue(tmp_path: Path) -> None:
    models = model_features(CATALOGUE, [])
    made = _by_name(definitions(CATALOGUE, models, tmp_path))
    for view, names in view_of(CATALOGUE).items():
        found = made["FeatureView", view]
        fields = {field.name: field for field in found.schema}
        assert sorted(name for name in fields if name in CATALOGUE.names) == sorted(names)
        for name in names:
            row = CATALOGUE.describe()[name]
            assert str(fields[name].dtype) == "Float64"
            assert fields[name].description == f"{row['meaning']} [{row['unit']}]"
        assert found.online == (view != "payment")
    assert made["FeatureView", "card_device"].entities == ["card", "device"]
    assert ("Entity", "card_device") not in made
    service = made["FeatureService", "seed"]
    served = [field.name for view in service.feature_view_projections for field in view.features]
    assert sorted(served) == sorted(models["seed"])


def test_a_feature_of_ones_own_needs_no_further_code(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from tollgate import Family, measures\n"
        'FAMILIES = (Family("email", measures.PAYMENT_COUNT, ("3d",)),)\n'
        'METADATA = ("basket_items",)\n'
    )
    made = _by_name(definitions(catalogue_of([file]), {}, tmp_path))
    assert "metadata_basket_items" in [field.name for field in made["FeatureView", "payment"].schema]
    assert "email_payment_count_3d" in [field.name for field in made["FeatureView", "email"].schema]


def test_a_model_that_names_what_the_catalogue_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="the model mine names 'gone'"):
        definitions(SMALL, {"mine": ["gone"]}, tmp_path)


def test_a_name_that_feast_would_lose_is_refused(tmp_path: Path) -> None:
    catalogue = Catalogue((Entity("card", "x"),), (Family("card", PAYMENT_COUNT, ("1h",)),))
    object.__setattr__(catalogue.features[0], "name", "card_frequency_y")
    with pytest.raises(Misconfigured, match="'card_frequency_y' ends in '_y'"):
        definitions(catalogue, {}, tmp_path)


def test_apply_again_takes_out_what_is_gone(repository: Repository) -> None:
    repository.apply(SMALL, ALL)
    fewer = Catalogue((Entity("card", "a card"),), (Family("card", PAYMENT_COUNT, ("24h",)),))
    store = repository.apply(fewer, {"other": fewer.names})
    assert [view.name for view in store.list_feature_views()] == ["card"]
    fields = [field.name for field in store.get_feature_view("card").features]
    assert sorted(fields) == [AS_OF, "card_payment_count_24h"]
    assert [service.name for service in store.list_feature_services()] == ["other"]


def test_others_open_the_repository_with_feast_alone(repository: Repository) -> None:
    from feast import FeatureStore

    repository.apply(SMALL, ALL)
    assert FeatureStore(repo_path=str(repository.folder)).get_feature_service("all").name == "all"
    assert (repository.folder / "feature_store.yaml").stat().st_mode & 0o077 == 0


def test_a_repository_that_was_never_applied_says_so(repository: Repository) -> None:
    with pytest.raises(Misconfigured, match="tollgate features feast apply"):
        repository.open()


@pytest.mark.parametrize("url", ["localhost:6379", "http://cache", "redis://", "redis://cache/two"])
def test_an_online_store_that_is_no_redis_url_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="redis://"):
        online_store(url, Path())


def _questions(rows: pa.RecordBatch) -> pd.DataFrame:
    """The payments' own rows, some twice, times between, before and after all, unknown and missing keys."""
    keys = rows.select([EVENT_TIME, "payment_id", "card", "customer", "merchant"]).to_pandas()
    between = keys.assign(event_timestamp=keys[EVENT_TIME] + pd.Timedelta(milliseconds=500))
    before = keys.head(5).assign(event_timestamp=pd.Timestamp("2001-01-01", tz="UTC"))
    after = keys.tail(5).assign(event_timestamp=pd.Timestamp("2031-01-01", tz="UTC"))
    unknown = keys.head(3).assign(card="nobody")
    missing = keys.head(3).assign(card=None)
    parts = [keys, between, before, after, unknown, missing, keys.head(9)]
    asked = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=3, ignore_index=True)
    return asked.astype({EVENT_TIME: "datetime64[us, UTC]"})


def _as_of(asked: pd.DataFrame, rows: pa.RecordBatch, keys: list[str], names: list[str]) -> pd.DataFrame:
    """The same by pandas: of each key the last row on the log at or before the time asked for."""
    known = rows.to_pandas().dropna(subset=keys).sort_values([EVENT_TIME, LOGGED], kind="stable")
    numbered = asked.reset_index()[["index", EVENT_TIME, *keys]]
    with_keys = numbered.dropna(subset=keys).sort_values(EVENT_TIME, kind="stable")
    found = pd.merge_asof(with_keys, known[[EVENT_TIME, *keys, *names]], on=EVENT_TIME, by=keys)
    return found.set_index("index")[names].reindex(asked.index)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_point_in_time_join_equals_a_plain_one_and_loses_no_row(repository: Repository, seed: int) -> None:
    rows = table(vectors(300, seed))
    store = repository.apply(SMALL, ALL)
    pq.write_table(pa.Table.from_batches([rows.slice(0, 120)]), repository.offline / "a.parquet")
    pq.write_table(pa.Table.from_batches([rows.slice(120)]), repository.offline / "b.parquet")
    asked = _questions(rows)
    found = point_in_time(store, asked, "all")
    pd.testing.assert_frame_equal(found[list(asked.columns)], asked, check_dtype=False)
    for view, names in view_of(SMALL).items():
        keys = {"payment": ["payment_id"], "card_merchant": ["card", "merchant"]}.get(view, [view])
        expected = _as_of(asked, rows, keys, names)
        np.testing.assert_array_equal(found[names].to_numpy(), expected.to_numpy(), err_msg=view)
    assert found[COUNT].notna().sum() > 300


def _online(store: Any, card: int = 1) -> dict[str, Any]:
    return {
        name: values[0]
        for name, values in read(store, "card", [COUNT, AS_OF], {"card": [f"card_{card}"]}).items()
    }


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0, 2, 1, 0]])
def test_online_the_newest_wins_in_whatever_order_rows_come(repository: Repository, order: list[int]) -> None:
    store = repository.apply(SMALL, ALL)
    writer = OnlineWriter(store, SMALL)
    rows = [one(number, number, float(number)) for number in range(3)]
    for number in order:
        writer.write([rows[number]])
    assert _online(store) == {COUNT: 2.0, AS_OF: NOW + 2}
    assert _online(store, card=7) == {COUNT: None, AS_OF: None}


def test_within_a_batch_the_newest_of_each_key_is_written(repository: Repository) -> None:
    store = repository.apply(SMALL, ALL)
    rows = [one(1, 5, 1.0), one(2, 9, 2.0), one(3, 9, 3.0), one(4, 7, 4.0), one(5, 1, 5.0, card=2)]
    assert OnlineWriter(store, SMALL).write(rows) == 2 + 1 + 2
    assert _online(store) == {COUNT: 3.0, AS_OF: NOW + 9}
    assert _online(store, card=2) == {COUNT: 5.0, AS_OF: NOW + 1}


def test_rows_without_a_key_and_unknown_values_are_no_harm(repository: Repository) -> None:
    store = repository.apply(SMALL, ALL)
    OnlineWriter(store, SMALL).write([one(1, 0, 1.0), one(2, 1, float("nan"), customer=None)])
    assert _online(store)[AS_OF] == NOW + 1
    value = _online(store)[COUNT]
    assert value is None or np.isnan(value)
    assert read(store, "customer", [AS_OF], {"customer": ["c1"]}) == {AS_OF: [NOW]}


def test_materialising_keeps_what_is_newer_online(repository: Repository) -> None:
    store = repository.apply(SMALL, ALL)
    writer = OnlineWriter(store, SMALL)
    writer.write([one(9, 10_000_000, 9.0)])
    rows = table(vectors(200, 5))
    pq.write_table(pa.Table.from_batches([rows]), repository.offline / "a.parquet")
    for batch in offline.read(repository.offline):
        writer.write([batch])
    assert _online(store) == {COUNT: 9.0, AS_OF: NOW + 10_000_000}
    last = rows.to_pandas().query("card == 'card_2'").iloc[-1]
    assert _online(store, card=2)[AS_OF] == last[AS_OF]


def test_keys_are_canonical_and_completed_by_the_tables() -> None:
    plain = payment(1, 1)
    rich = Payment(
        "shop", "p", NOW, 100, "EUR", Method(MethodKind.CARD, "t", "41111199", "DE"),
        Merchant("m", None, "FR"), customer=Customer("c"), device_id="d", ip="::ffff:8.8.8.8",
        email_token="e", delivery_address_token="a",
    )  # fmt: skip
    texts = token_texts([plain, rich], reference_tables())
    assert [values[1] for values in texts.values()] == [
        "t", "c", "d", "8.8.8.8", texts["network"][1], "e", "m", "411111", "a", "US", "DE", "FR", "EUR",
    ]  # fmt: skip
    assert str(texts["network"][1]).startswith("8.8.8.")
    assert texts["ip"][0] is texts["network"][0] is texts["bin"][0] is texts["address"][0] is None
