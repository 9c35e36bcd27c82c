"""Rulesets and policies in YAML files."""

from pathlib import Path
from typing import Any

import yaml

from streams.errors import Misconfigured


def document(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises `Misconfigured` naming the file."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise Misconfigured(f"{path} must hold a mapping, as models/data/seed_ruleset.yaml does")
    return content
