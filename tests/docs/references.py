"""What a page of documentation refers to, and what of that does not exist.

Checked: relative links and their anchors; files and tests named in `code`, and names that are said to be in a
file; names with dots; imports of Python blocks; `tollgate` commands with their options; `make` targets;
settings. Links of a page in docs/ stay in docs/, because nothing else is on the site.
"""

import ast
import importlib
import importlib.util
import itertools
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click
from markdown_it import MarkdownIt
from markdown_it.token import Token

from streams import cli
from streams.settings import Settings, variable_of

PACKAGES = (
    "models",
    "features",
    "simulation",
    "streams",
    "training",
    "learning",
    "dashboards",
    "storage",
    "tollgate",
)
FOLDERS = (
    *PACKAGES,
    "tests",
    "bench",
    "docs",
    "deploy",
    "schemas",
    "examples",
    "notebooks",
    "changelog.d",
    ".github",
    ".ci",
)
SHELL = ("", "sh", "bash", "shell")


class Broken(NamedTuple):
    """One reference to something that does not exist."""

    page: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.reason}"


def broken_references(page: Path, root: Path) -> list[Broken]:
    """Everything `page` refers to that is not there; `root` is the folder of the whole project."""
    name = str(page.relative_to(root))
    return [Broken(name, line, reason) for line, reason in _reasons(page, root)]


def _reasons(page: Path, root: Path) -> Iterator[tuple[int, str]]:
    for token, line in _tokens(page):
        if token.type == "inline":
            yield from ((line, reason) for reason in _names(token.content, root))
            for child in token.children or ():
                yield from ((line, reason) for reason in _inline(child, page, root))
        elif token.type in ("fence", "code_block"):
            yield from ((line, reason) for reason in _block(token, root))
        yield from ((line, reason) for reason in _settings(token.content))


def _tokens(page: Path) -> Iterator[tuple[Token, int]]:
    line = 1
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        line = token.map[0] + 1 if token.map else line
        yield token, line


def _inline(child: Token, page: Path, root: Path) -> Iterator[str]:
    if child.type == "link_open":
        yield from _link(str(child.attrs["href"]), page, root)
    elif child.type == "image":
        yield from _link(str(child.attrs["src"]), page, root)
    elif child.type == "code_inline":
        yield from _code(child.content, root)


def _names(text: str, root: Path) -> Iterator[str]:
    """Names that are said to be in a file: `name` in `file`, `name` (`file`)."""
    for name, path in re.findall(r"`([A-Za-z_]\w*)`\s+(?:in\s+|\()`([\w./-]+\.\w+)`", text):
        file = root / path
        if file.is_file() and not re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")):
            yield f"`{name}` is not in `{path}`"


def _link(target: str, page: Path, root: Path) -> Iterator[str]:
    if re.match(r"(https?|mailto):", target):
        return
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        yield f"link to {target}: no such file"
    elif page.is_relative_to(root / "docs") and not file.is_relative_to(root / "docs"):
        yield f"link to {target}: leaves docs/, so the site does not have it; name the file in `code` instead"
    elif anchor and anchor not in anchors(file):
        yield f"link to {target}: no heading of that name"


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as both GitHub and the site spell them."""
    tokens = [token for token, _ in _tokens(page)]
    titles = [
        "".join(part.content for part in inline.children or ())
        for heading, inline in itertools.pairwise(tokens)
        if heading.type == "heading_open"
    ]
    words = [re.sub(r"[^\w\s-]", "", title.lower()).strip() for title in titles]
    return frozenset(re.sub(r"\s", "-", text) for text in words) & frozenset(
        re.sub(r"[-\s]+", "-", text) for text in words
    )


def _code(text: str, root: Path) -> Iterator[str]:
    first, *_ = text.split() or [""]
    if first in ("tollgate", "make"):
        yield from _command(text)
    elif re.match(r"python (-m )?\w", text):
        yield from _python(text, root)
    elif first.partition("/")[0] in FOLDERS and "/" in first:
        yield from _file(first, root)
    elif re.fullmatch(rf"({'|'.join(PACKAGES)})(\.\w+)+(\(\))?", text):
        yield from _dotted(text.removesuffix("()"))


def _block(token: Token, root: Path) -> Iterator[str]:
    language, *_ = token.info.split() or [""]
    if language == "python":
        yield from _imports(token.content)
    elif language in SHELL:
        for line in token.content.replace("\\\n", " ").splitlines():
            command = re.sub(r"^\s*(\$ )?([A-Z_]+=\S* )*(\.venv/bin/)?", "", line)
            if command.startswith(("tollgate ", "make ")):
                yield from _command(command)
            elif command.startswith("python "):
                yield from _python(command, root)


def _command(line: str) -> Iterator[str]:
    try:
        program, *words = shlex.split(line, comments=True)
    except ValueError:
        yield f"`{line}`: the shell could not read this"
        return
    if program == "make":
        targets = itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z-]*", word), words)
        yield from (f"`make {word}`: no such target" for word in targets if word not in make_targets())
    else:
        yield from (f"`{line.strip()}`: {reason}" for reason in _tollgate(words))


@cache
def make_targets() -> frozenset[str]:
    """The targets of the Makefile."""
    makefile = Path(__file__).parents[2] / "Makefile"
    return frozenset(re.findall(r"^([a-z-]+):", makefile.read_text(encoding="utf-8"), re.MULTILINE))


def _tollgate(words: list[str]) -> Iterator[str]:
    """Follows the words through the tree of commands, and looks for each option; `a|b` means either."""
    command: click.Command = cli.group
    options: dict[str, click.Parameter | None] = {"--help": None}
    remaining = iter(words)
    for word in remaining:
        if word in ("&&", "|", ">", ";"):
            return
        if word.startswith("--"):
            name = word.partition("=")[0]
            if name not in options:
                yield f"no option {name}"
            elif "=" not in word and _takes_value(options[name]):
                next(remaining, None)
        elif isinstance(command, click.Group):
            following = _following(command, word)
            unknown = [name for name, found in following.items() if found is None]
            if unknown:
                yield f"no command {', '.join(unknown)}"
                return
            command = next(found for found in following.values() if found)
            options |= {
                name: option for option in command.params for name in (*option.opts, *option.secondary_opts)
            }


def _takes_value(option: click.Parameter | None) -> bool:
    return isinstance(option, click.Option) and not (option.is_flag or option.count)


def _following(group: click.Group, word: str) -> dict[str, click.Command | None]:
    """The sub-commands a word stands for; `tollgate features` takes a file in place of one."""
    context = click.Context(group)
    if not re.fullmatch(r"[a-z|-]+", word):
        word = "compute" if group.name == "features" else word
    return {name: group.get_command(context, name) for name in word.split("|")}


def _python(line: str, root: Path) -> Iterator[str]:
    _, *words = shlex.split(line, comments=True)
    if words[0] == "-m":
        module = words[1]
        if module.partition(".")[0] in FOLDERS and not importlib.util.find_spec(module):
            yield f"`python -m {module}`: no such module"
    elif words[0].endswith(".py") and words[0].partition("/")[0] in FOLDERS:
        yield from _file(words[0], root)


def _file(text: str, root: Path) -> Iterator[str]:
    path, _, test = text.rstrip(",.;:").partition("::")
    matches = [file for pattern in _alternatives(path) for file in [*root.glob(pattern.rstrip("/"))][:1]]
    if len(matches) < len(_alternatives(path)):
        yield f"`{path}`: no such file"
    elif test and not re.search(
        rf"\b(def|class) {test.split('::')[-1]}", matches[0].read_text(encoding="utf-8")
    ):
        yield f"`{text}`: no such test"


def _alternatives(path: str) -> list[str]:
    """`a/{b,c}.py` names two files."""
    match = re.fullmatch(r"(.*)\{(.*)\}(.*)", path)
    return [match[1] + middle + match[3] for middle in match[2].split(",")] if match else [path]


def _dotted(text: str) -> Iterator[str]:
    parts = text.split(".")
    for length in range(len(parts), 0, -1):
        if not _module_exists(".".join(parts[:length])):
            continue
        place: object = importlib.import_module(".".join(parts[:length]))
        for name in parts[length:]:
            if not hasattr(place, name) and name not in getattr(place, "__annotations__", {}):
                yield f"`{text}`: no {name} there"
                return
            place = getattr(place, name, None)
        return
    yield f"`{text}`: no such module"


def _module_exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _imports(code: str) -> Iterator[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError as failure:
        yield f"Python block: {failure.msg}"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in PACKAGES:
            for alias in node.names:
                yield from _dotted(f"{node.module}.{alias.name}")


def _settings(text: str) -> Iterator[str]:
    known = {variable_of(name) for name in Settings.model_fields}
    for name in sorted(set(re.findall(r"\bTOLLGATE_[A-Z][A-Z_]+\b", text)) - known):
        yield f"{name}: no such setting"
