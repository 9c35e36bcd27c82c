"""What a browser loads: whose it is, how much it is, and that both themes say the same."""

import gzip
import hashlib
import re
from pathlib import Path
from typing import Final

import pytest

from dashboards.console.design import STATIC, environment, static_address
from tests.console.scene import Scene
from tests.console.specimen import VERDICTS, shown

VENDOR: Final = STATIC / "vendor"
ROW: Final = re.compile(r"\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|")
FIRST_VIEW_MAX: Final = 200_000
"""Bytes of a first view as they are sent."""
ADDRESS: Final = re.compile(r'(?:src|href)="(/static/[^"]+)"')


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_vendored_is_what_its_table_says() -> None:
    readme = (VENDOR / "README.md").read_text(encoding="utf-8")
    named = dict(ROW.findall(readme))
    there = {path.name: sha256(path) for path in VENDOR.iterdir() if path.suffix in {".js", ".css"}}
    assert there == {name: named.get(name) for name in there}
    axe = Path(__file__).parent / "browser" / "axe.min.js"
    assert sha256(axe) in readme
    for licence in ("htmx.LICENSE", "uPlot.LICENSE"):
        assert (VENDOR / licence).stat().st_size > 300


@pytest.mark.parametrize("path", ["/sign-in", "/specimen"])
def test_a_first_view_is_200_kb_at_most(path: str) -> None:
    scene = Scene(roles=None if path == "/sign-in" else ["admin", "viewer"], shown=shown())  # type: ignore[list-item]
    page = scene.client.get(path)
    assert page.headers["content-encoding"] == "gzip"
    addresses = sorted(set(ADDRESS.findall(page.text)))
    assert len(addresses) >= 4
    loaded = [page.content, *(scene.client.get(address).content for address in addresses)]
    size = sum(len(gzip.compress(content, 6)) for content in loaded)
    assert size < FIRST_VIEW_MAX, f"{path}: {size:,} bytes"


def test_a_file_is_kept_by_the_browser_under_a_name_that_changes_with_it() -> None:
    client = Scene(roles=None).client
    kept = client.get(static_address("console.css"))
    assert "immutable" in kept.headers["cache-control"]
    assert client.get("/static/console.css").headers["cache-control"] == "no-cache"
    assert re.fullmatch(r"/static/console\.css\?v=[0-9a-f]{12}", static_address("console.css"))


def block(text: str, opening: str) -> set[str]:
    """The declarations after an opening brace."""
    start = text.index(opening) + len(opening)
    return set(re.findall(r"--[\w-]+: [^;]+;|color-scheme: \w+;", text[start : text.index("}", start)]))


def test_dark_is_the_same_whether_the_system_or_a_person_says_so() -> None:
    tokens = (STATIC / "tokens.css").read_text(encoding="utf-8")
    by_system = block(tokens, ':root:not([data-theme="light"]) {')
    assert by_system == block(tokens, ':root[data-theme="dark"] {')
    light = {line.partition(":")[0] for line in block(tokens, ":root {")}
    assert {line.partition(":")[0] for line in by_system} <= light


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("opening", [":root {", ':root[data-theme="dark"] {'])
def test_text_stands_out_from_what_it_is_on(opening: str) -> None:
    tokens = (STATIC / "tokens.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", "".join(block(tokens, opening))))
    grounds = ("ground", "surface", "raised", "sunken")
    pairs = [(text, ground) for text in ("text", "muted", "faint") for ground in grounds]
    pairs += [(f"{verdict}-text", f"{verdict}-soft") for verdict in VERDICTS]
    pairs += [("accent", "accent-soft"), ("accent", "surface"), ("accent", "ground"), ("on-accent", "accent")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert not {pair: value for pair, value in weak.items() if value < 4.5}
    lines = ("control-line", *VERDICTS)
    assert all(contrast(colours[line], colours["surface"]) >= 3 for line in lines)


@pytest.mark.parametrize(
    ("verdict", "shape"),
    [("approve", "<circle"), ("challenge", "M6 .5"), ("review", "M6 .8"), ("decline", "M1 1h10")],
)
def test_a_verdict_has_a_shape_of_its_own(verdict: str, shape: str) -> None:
    text = (
        environment().from_string('{% import "parts.html.j2" as ui %}{{ ui.verdict(v) }}').render(v=verdict)
    )
    assert shape in text
    assert f"shape-{verdict}" in text


def test_every_style_uses_colours_and_sizes_of_the_tokens_alone() -> None:
    """A colour or a size of text that is not a token would be one more than was agreed on."""
    for sheet in [STATIC / "console.css", *STATIC.parent.parent.glob("pages/*/static/*.css")]:
        if ".min." in sheet.name or sheet.parent.name == "vendor":
            continue
        text = sheet.read_text(encoding="utf-8")
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", text), sheet
        sizes = set(re.findall(r"font-size: ([^;]+);", text)) - {"11px", "0.93em"}
        assert all(size.startswith("var(--text-") for size in sizes), (sheet, sizes)
