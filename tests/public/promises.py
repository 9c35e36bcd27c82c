"""What users of a release may rely on, as plain data.

    .venv/bin/python -m tests.public.promises > tests/public/promised_0.1.json

Written when a release is made, then only added to: a field, setting or name leaves it with a major version.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from streams.settings import Settings, variable_of
from tollgate.surface import ORIGINS

SCHEMAS: Final = Path(__file__).parents[2] / "schemas"


def promises() -> dict[str, Any]:
    """Fields on the wire with their types, settings, and public names, as they are now."""
    return {
        "fields": {path.stem: dict(sorted(fields(path))) for path in sorted(SCHEMAS.glob("*.json"))},
        "settings": sorted(variable_of(name) for name in Settings.model_fields),
        "names": sorted(ORIGINS),
    }


def fields(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Every field of a message by its path in it: its JSON types, and `required` where it must be there."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    yield from _fields(schema, schema.get("$defs", {}), "", ())


def _fields(
    node: dict[str, Any], definitions: dict[str, Any], path: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, list[str]]]:
    reference = node.get("$ref", "").rpartition("/")[2]
    if reference:
        if reference not in seen:
            yield from _fields(definitions[reference], definitions, path, (*seen, reference))
        return
    for each in node.get("anyOf", ()):
        yield from _fields(each, definitions, path, seen)
    for name, value in node.get("properties", {}).items():
        is_required = ["required"] if name in node.get("required", ()) else []
        yield f"{path}{name}", [*sorted(_types(value, definitions)), *is_required]
        yield from _fields(value, definitions, f"{path}{name}.", seen)
    if isinstance(node.get("items"), dict):
        yield from _fields(node["items"], definitions, f"{path}[].", seen)


def _types(node: dict[str, Any], definitions: dict[str, Any]) -> set[str]:
    if "$ref" in node:
        return _types(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in node:
        return {found for each in node["anyOf"] for found in _types(each, definitions)}
    kind = node.get("type", "string" if "enum" in node else "any")
    return {kind} if isinstance(kind, str) else set(kind)


if __name__ == "__main__":
    print(json.dumps(promises(), indent=1))
