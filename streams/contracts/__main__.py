"""Write the generated contract files into the checkout."""

from pathlib import Path
from typing import Final

from streams.contracts import asyncapi, cards, schemas

ROOT: Final = Path(__file__).parents[2]


def files() -> dict[Path, str]:
    """Every generated file with the text it must have."""
    texts = {ROOT / "schemas" / f"{kind}.json": schemas.render(kind) for kind in schemas.MESSAGES}
    docs = ROOT / "docs"
    return texts | {docs / "asyncapi.yaml": asyncapi.render(), docs / "topics.md": cards.render()}


def main() -> None:
    """Write what differs and say what was written."""
    for path, text in files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
