"""Nothing in the documentation refers to what is not there."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.references import broken_references, make_targets

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "notebooks/README.md")),
        *ROOT.glob("changelog.d/*.md"),
        *ROOT.glob("docs/**/*.md"),
    ]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_everything_a_page_refers_to_exists(page: Path) -> None:
    found = broken_references(page, ROOT)
    assert not found, "\n".join(map(str, found))


PLANTED = {
    "[a](nowhere.md)": "link to nowhere.md: no such file",
    "![a](nowhere.png)": "link to nowhere.png: no such file",
    "[a](topics.md#no-such-heading)": "no heading of that name",
    "[a](#no-such-heading)": "no heading of that name",
    "[a](../README.md)": "leaves docs/",
    "`models/nothing.py`": "`models/nothing.py`: no such file",
    "`tests/test_page.py::test_nothing`": "no such test",
    "`nothing_there` in `tests/test_page.py`": "`nothing_there` is not in `tests/test_page.py`",
    "`models.nothing.at_all`": "`models.nothing.at_all`: no nothing there",
    "`tollgate nothing`": "no command nothing",
    "`tollgate rules nothing`": "no command nothing",
    "`tollgate status --nothing`": "no option --nothing",
    "    tollgate rules check --nothing shop.yaml": "no option --nothing",
    "```sh\nmake nothing\n```": "`make nothing`: no such target",
    "`python -m streams.nothing`": "no such module",
    "```python\nfrom streams.settings import Nothing\n```": "no Nothing there",
    "Set TOLLGATE_NOTHING.": "TOLLGATE_NOTHING: no such setting",
}


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_fault_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_page.py").touch()
    (tmp_path / "README.md").touch()
    (tmp_path / "docs/topics.md").write_text("# Topics\n")
    page = tmp_path / "docs/page.md"
    page.write_text(
        f"# Page\n\n[good](topics.md#topics), [good](#page), `tollgate rules check`, `make docs`\n\n{text}\n"
    )
    (found,) = broken_references(page, tmp_path)
    assert found.line == 5
    assert PLANTED[text] in found.reason


def test_navigation_of_the_site_has_every_page_once() -> None:
    loader: Any = type("Loader", (yaml.SafeLoader,), {})  # mkdocs.yml names Python functions
    loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda _loader, suffix, _node: suffix)
    navigation = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), loader)["nav"]

    def pages(entry: object) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        parts = entry.values() if isinstance(entry, dict) else entry
        return [page for part in parts for page in pages(part)]  # type: ignore[attr-defined]

    written = {str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/**/*.md")}
    assert sorted(pages(navigation)) == sorted(written)


@pytest.mark.parametrize("workflow", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda file: file.name)
def test_a_workflow_runs_targets_that_exist(workflow: Path) -> None:
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    named = [
        word for job in jobs.values() for word in job.get("strategy", {}).get("matrix", {}).get("target", [])
    ]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    made = [run.split()[1] for run in runs if run.startswith("make ")]
    assert set(named) | {target for target in made if not target.startswith("$")} <= make_targets()
