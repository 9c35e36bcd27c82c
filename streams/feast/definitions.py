"""Feast's objects, from the catalogue: nothing about a feature is written a second time.

* Every token that identifies an entity is a Feast entity with a join key of its name. An entity of the
  catalogue is a feature view of its name; a pair is a view with two join keys (`card_device`: card, device).
* The payment's own facts are the view `payment`, by payment id, offline only: online it would grow for ever.
* `as_of_ms` of every view is the engine time the values were known at: that of the entity's last payment.
* A model is a feature service with just the features it names.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from features.catalogue import Catalogue
from streams.errors import Misconfigured

PAYMENT = "payment"
PAYMENT_KEY = "payment_id"
AS_OF = "as_of_ms"
EVENT_TIME = "event_timestamp"
LOGGED = "created_timestamp"
_FORBIDDEN_ENDING = "_y"


def view_of(catalogue: Catalogue) -> dict[str, list[str]]:
    """View -> its features, in the catalogue's order."""
    views: dict[str, list[str]] = {}
    for name, row in catalogue.describe().items():
        views.setdefault(row["entity"], []).append(name)
    return views


def join_keys(catalogue: Catalogue, view: str) -> tuple[str, ...]:
    """The join keys of a view."""
    return (PAYMENT_KEY,) if view == PAYMENT else catalogue.by_name[view].tokens


def definitions(catalogue: Catalogue, models: Mapping[str, Sequence[str]], offline: Path) -> list[Any]:
    """Entities, source, views, and a service per model (name -> features). Raises `Misconfigured`."""
    from feast import FileSource
    from feast.data_format import ParquetFormat

    _check_names(catalogue, models)
    views = view_of(catalogue)
    tokens = dict.fromkeys(key for view in views for key in join_keys(catalogue, view))
    entities = {key: _entity(key) for key in tokens}
    source = FileSource(
        name="vectors",
        path=str(offline / "*.parquet"),
        file_format=ParquetFormat(),
        timestamp_field=EVENT_TIME,
        created_timestamp_column=LOGGED,
        description="Vectors of history with their payments' tokens, by `tollgate features feast offline`.",
    )
    made = {view: _view(catalogue, view, names, entities, source) for view, names in views.items()}
    services = [_service(name, features, views, made) for name, features in models.items()]
    return [*entities.values(), source, *made.values(), *services]


def _check_names(catalogue: Catalogue, models: Mapping[str, Sequence[str]]) -> None:
    known = set(catalogue.names)
    for model, features in models.items():
        unknown = [name for name in features if name not in known]
        if unknown:
            raise Misconfigured(
                f"the model {model} names {unknown[0]!r}, which catalogue {catalogue.schema_hash} does not "
                f"have ({len(unknown)} such features): train it again, or set TOLLGATE_FEATURES as it was"
            )
    # Feast's join drops every column that ends so (ibis.py, point_in_time_join).
    for name in catalogue.names:
        if name.endswith(_FORBIDDEN_ENDING):
            raise Misconfigured(
                f"feature {name!r} ends in {_FORBIDDEN_ENDING!r}, which Feast would lose; rename it"
            )


def _entity(key: str) -> Any:
    from feast import Entity, ValueType

    return Entity(name=key, join_keys=[key], value_type=ValueType.STRING)


def _view(
    catalogue: Catalogue, view: str, names: Iterable[str], entities: Mapping[str, Any], source: Any
) -> Any:
    from feast import FeatureView, Field
    from feast.types import Float64, Int64, String

    described = catalogue.describe()
    keys = join_keys(catalogue, view)
    meaning = "the payment's own facts" if view == PAYMENT else catalogue.by_name[view].meaning
    features = [
        Field(name=name, dtype=Float64, description=_sentence(described[name]), tags=_tags(described[name]))
        for name in names
    ]
    as_of = Field(name=AS_OF, dtype=Int64, description="engine time the values were known at, UTC epoch ms")
    return FeatureView(
        name=view,
        entities=[entities[key] for key in keys],
        ttl=timedelta(0),
        schema=[*(Field(name=key, dtype=String) for key in keys), as_of, *features],
        source=source,
        online=view != PAYMENT,
        description=f"{meaning}, as the engine knew it just before the last payment",
        tags={"schema_hash": catalogue.schema_hash},
    )


def _sentence(row: Mapping[str, Any]) -> str:
    return f"{row['meaning']} [{row['unit']}]"


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    default = "unknown" if row["default"] is None else f"{row['default']:g}"
    return {"unit": row["unit"], "window": row["window"] or "-", "default": default}


def _service(
    name: str, features: Sequence[str], views: Mapping[str, list[str]], made: Mapping[str, Any]
) -> Any:
    from feast import FeatureService

    wanted = set(features)
    chosen = {view: [one for one in names if one in wanted] for view, names in views.items()}
    return FeatureService(
        name=name,
        features=[made[view][names] for view, names in chosen.items() if names],
        description=f"the {len(wanted)} features of the model {name}",
    )
