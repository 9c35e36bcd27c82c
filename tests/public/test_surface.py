"""The public names: lazy, documented, and all that notebooks and the pages' examples import."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import nbformat
import pytest

import tollgate
from tollgate.page import description, render
from tollgate.surface import ORIGINS, NameOrigin

ROOT: Final = Path(__file__).parents[2]
OURS: Final = {
    "models",
    "features",
    "simulation",
    "streams",
    "training",
    "learning",
    "desk",
    "dashboards",
    "storage",
}
BLOCK: Final = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_committed_page_is_current() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert page == render(), "run `make pages`"


@pytest.mark.parametrize(("name", "place"), ORIGINS.items(), ids=list(ORIGINS))
def test_a_public_name_says_what_it_is_for(name: str, place: NameOrigin) -> None:
    assert len(place.purpose or description(getattr(tollgate, name))) > 15


def test_what_tools_see_is_what_is_imported() -> None:
    """Editors and mypy read the imports under `TYPE_CHECKING`; Python reads the table of places."""
    tree = ast.parse(Path(tollgate.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    places = {name: ".".join(filter(None, (p.module, p.attribute))) for name, p in ORIGINS.items()}
    assert seen == places
    assert sorted(tollgate.__all__) == sorted(places)


def test_dir_shows_the_public_names_only() -> None:
    assert dir(tollgate) == sorted(ORIGINS)


def test_an_unknown_name_is_refused_with_where_to_look() -> None:
    with pytest.raises(AttributeError, match=r"no 'Paiment'; docs/api\.md"):
        _ = tollgate.Paiment


def test_a_name_whose_extra_is_not_installed_says_which_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(module: str) -> None:
        raise ModuleNotFoundError(f"No module named 'sklearn', wanted by {module}", name="sklearn")

    monkeypatch.setattr(tollgate, "import_module", absent)
    monkeypatch.delitem(vars(tollgate), "train", raising=False)
    with pytest.raises(ImportError, match=r"tollgate\.train needs the Python package sklearn"):
        tollgate.train  # noqa: B018 - reading it is what fails


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys, tollgate; print(*{name.partition('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert not {"numpy", "numba", "msgspec", "click", *OURS} & set(loaded)


def _examples() -> Iterator[tuple[str, str]]:
    """Where each example is, and its code: cells of notebooks, and Python blocks of pages."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        yield path.name, "\n".join(cells)
    for path in sorted((ROOT / "notebooks").glob("*.py")):
        yield path.name, path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, block in enumerate(BLOCK.findall(path.read_text(encoding="utf-8"))):
            yield f"{path.name} {number}", block


@pytest.mark.parametrize(("place", "code"), [pytest.param(*pair, id=pair[0]) for pair in _examples()])
def test_an_example_imports_public_names_only(place: str, code: str) -> None:
    imported = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported.append(node.module or "")
            if node.module == "tollgate":
                assert {alias.name for alias in node.names} <= ORIGINS.keys(), place
    assert not [name for name in imported if name.partition(".")[0] in OURS], place
