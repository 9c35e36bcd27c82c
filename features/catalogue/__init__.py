"""The one declaration of every feature. Names, units, docs, rule types and schemas all follow from it.

Invariants: a catalogue that contradicts itself cannot be made; equal `schema_hash` means interchangeable
vectors and states. May import `models` and `features.columns`.
"""

from features.catalogue import attributes, measures
from features.catalogue.attributes import ATTRIBUTES, CHANNELS, Attribute, attribute_columns
from features.catalogue.catalogue import Catalogue
from features.catalogue.declaration import LIFETIME, LIFETIME_MS, Entity, Family, Feature
from features.catalogue.families import CATALOGUE, ENTITIES, FAMILIES
from features.catalogue.measures import (
    AMOUNT,
    AMOUNT_MAX,
    BUCKETS,
    COHORT_DAYS_MAX,
    EVENTS_MAX,
    EXACT_MS_MAX,
    LOG_AMOUNT,
    LOG_AMOUNT_SQUARED,
    RECENT_EVENTS_MAX,
    SPREAD_MIN,
    Measure,
    Op,
    Tally,
)
from features.catalogue.metadata import PREFIX, is_key, number_of, with_metadata
from features.catalogue.own_files import catalogue_of
from features.catalogue.page import MEMORY_PAGE, default_text, render

__all__ = [
    "AMOUNT",
    "AMOUNT_MAX",
    "ATTRIBUTES",
    "BUCKETS",
    "CATALOGUE",
    "CHANNELS",
    "COHORT_DAYS_MAX",
    "ENTITIES",
    "EVENTS_MAX",
    "EXACT_MS_MAX",
    "FAMILIES",
    "LIFETIME",
    "LIFETIME_MS",
    "LOG_AMOUNT",
    "LOG_AMOUNT_SQUARED",
    "MEMORY_PAGE",
    "PREFIX",
    "RECENT_EVENTS_MAX",
    "SPREAD_MIN",
    "Attribute",
    "Catalogue",
    "Entity",
    "Family",
    "Feature",
    "Measure",
    "Op",
    "Tally",
    "attribute_columns",
    "attributes",
    "catalogue_of",
    "default_text",
    "is_key",
    "measures",
    "number_of",
    "render",
    "with_metadata",
]
