"""`make pages`: every generated file of the checkout, written again.

All texts are made before the first file is written, and a file takes its place whole: a fault leaves
everything as it was.
"""

from pathlib import Path

import tollgate.page
from dashboards import grafana, objectives
from dashboards.boards import BOARDS
from features.catalogue import CATALOGUE, MEMORY_PAGE
from features.catalogue import render as features_page
from storage import StagedFile
from streams import settings
from streams.contracts.files import files
from streams.metrics import metrics_page
from tests.docs import warehouse_columns

ROOT = Path(__file__).parents[2]


def pages() -> dict[Path, str]:
    """Every generated file with the text it must have."""
    docs = ROOT / "docs"
    return files() | {
        docs / "features.md": features_page(CATALOGUE, (ROOT / MEMORY_PAGE).read_text(encoding="utf-8")),
        docs / "api.md": tollgate.page.render(),
        docs / "settings.md": settings.table(),
        docs / "metrics.md": metrics_page(),
        ROOT / "deploy/observability/objectives.yml": objectives.rules_file(),
        **grafana.documents(BOARDS),
        **warehouse_columns.pages(),
    }


def main() -> None:
    """Writes what differs, and says what was written."""
    for path, text in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            with StagedFile(path) as file:
                file.partial.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
