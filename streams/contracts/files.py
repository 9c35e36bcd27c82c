"""The contract files of the checkout; `make pages` writes them."""

from pathlib import Path
from typing import Final

from streams.contracts import asyncapi, cards, schemas

ROOT: Final = Path(__file__).parents[2]


def files() -> dict[Path, str]:
    """Every generated file with the text it must have."""
    texts = {ROOT / "schemas" / f"{kind}.json": schemas.render(kind) for kind in schemas.MESSAGES}
    docs = ROOT / "docs"
    return texts | {docs / "asyncapi.yaml": asyncapi.render(), docs / "topics.md": cards.render()}
