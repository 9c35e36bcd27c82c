"""The notebooks run from top to bottom, one after another in one kernel, and are stored without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("0*.ipynb"))


def one_after_another(paths: list[Path]) -> nbformat.NotebookNode:
    """All cells as one notebook; each begins without the names of the one before."""
    cells = []
    for path in paths:
        found = nbformat.read(path, 4).cells
        for cell in [nbformat.v4.new_code_cell("%reset -f"), *found]:
            cell.metadata["from"] = path.name
            cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


def test_the_notebooks_run_and_each_shows_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04"]
    monkeypatch.setenv("NOTEBOOK_DATA", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    everything = one_after_another(NOTEBOOKS)
    client = NotebookClient(everything, timeout=300, resources={"metadata": {"path": str(FOLDER)}})
    client.execute()
    outputs = [(cell.metadata["from"], one) for cell in everything.cells for one in cell.get("outputs", ())]
    assert {name for name, one in outputs if "image/png" in one.get("data", {})} == {
        p.name for p in NOTEBOOKS
    }
    assert not [one.text for _, one in outputs if one.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)
