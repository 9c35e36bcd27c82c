"""Features for other teams by Feast: a repository from the catalogue, offline vectors, and an online store
that a small stream keeps current. Off the decision path: the engine never reads any of it.

Invariant: of several rows of a key the newest engine time wins, in whatever order they are written. Imports
`features`, `streams.kafka`, `streams.sources.vectors` and `streams.warehouse.parquet`.
"""

from streams.feast import offline
from streams.feast.definitions import AS_OF, EVENT_TIME, view_of
from streams.feast.keys import token_texts
from streams.feast.models import SEED, model_features
from streams.feast.offline import read
from streams.feast.online import OnlineWriter
from streams.feast.repository import Repository, point_in_time
from streams.feast.serving import OnlineStream

__all__ = [
    "AS_OF",
    "EVENT_TIME",
    "SEED",
    "OnlineStream",
    "OnlineWriter",
    "Repository",
    "model_features",
    "offline",
    "point_in_time",
    "read",
    "token_texts",
    "view_of",
]
