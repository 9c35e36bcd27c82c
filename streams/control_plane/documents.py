"""Rulesets and policies in YAML files."""

from pathlib import Path
from typing import Any

from streams.errors import Misconfigured


def read_document(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises `Misconfigured` naming the file."""
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise Misconfigured(f"{path} must hold a mapping, as models/data/seed_policy.yaml does")
    return document
