"""The feature catalogue that a recording was decided under, from this version's declarations.

A feature more since then is left out again, so that the recording still tells whether the others, the rules
and everything else decide as before. A feature that went or means something else cannot be brought back.
"""

from dataclasses import replace

from features.catalogue import CATALOGUE, Catalogue, Family
from features.catalogue.expansion import expand
from streams.engine.recovery.replay import OtherCatalogue
from tests.checks.recording import Manifest

ADVICE = (
    "the recording was decided under catalogue {recorded}, this version has {here}, which is not that one "
    "with features added: a feature of it went or means something else. Check the commit before yours with "
    "`make recorded-log`, then record again: `.venv/bin/python -m tests.checks.recorded_log record --out "
    "tests/data/recorded_log` (starts a real Kafka, 4 minutes)"
)


def recorded_catalogue(manifest: Manifest, here: Catalogue = CATALOGUE) -> Catalogue:
    """`here` without what the recording does not have. Raises `OtherCatalogue` where that is another one."""
    if manifest.catalogue == here.schema_hash:
        return here
    names = frozenset(manifest.columns)
    families = [_former(family, here, names) for family in here.families]
    kept = [family for family in families if family.windows]
    entities = {family.entity for family in kept}
    attributes = [attribute for attribute in here.attributes if attribute.name in names]
    former = [entity for name, entity in here.by_name.items() if name in entities]
    if kept and (rebuilt := Catalogue(former, kept, attributes)).schema_hash == manifest.catalogue:
        return rebuilt
    raise OtherCatalogue(ADVICE.format(recorded=manifest.catalogue, here=here.schema_hash))


def _former(family: Family, here: Catalogue, names: frozenset[str]) -> Family:
    """The family with those of its windows that give a feature of these names."""
    features = expand(family, here.by_name)
    windows = tuple(
        window for window, feature in zip(family.windows, features, strict=True) if feature.name in names
    )
    return replace(family, windows=windows)
