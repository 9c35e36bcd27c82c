"""Rulesets as the YAML texts people write: read strictly, and every mistake by file, line and column.

YAML 1.2's plain values are understood, no more: `no`, `off` and `2026-11-01` are texts, so that Norway stays
a country and `mode: off` is a text. Refused: a key that is there twice, anchors, aliases and tags
(nothing in a ruleset should mean more than it shows), several documents, and more than `BYTES_MAX`.

Read with PyYAML. ruamel.yaml 0.19 marks the same places and knows no more about a place inside a text; and
it reads dates, `1_000`, `0x1F` and `.nan` as values, so that its table of plain values had to go as well.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import yaml

from models.rules.budget import check_characters
from models.rules.document import NO_OFFSET, Path, Rule, RulesetError
from models.rules.language import ExpressionError, Graph, Schema, TooManySteps, compile_expression
from models.rules.ruleset import Ruleset
from models.rules.source.mistakes import YamlMistake, in_plain_words

BYTES_MAX: Final = 800_000
"""A control with the ruleset stays below the 900 kB of a message."""
DEPTH_MAX: Final = 16
PROBLEMS_MAX: Final = 100


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake and where it is: line and column from 1, the column in characters."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class RulesetSourceError(RulesetError):
    """The text cannot be used as a ruleset; `problems` say where and why, at least one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """The message lists the problems, one a line."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Plain values as in YAML 1.2's core schema; nothing that points elsewhere."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not read", problem_mark=event.start_mark
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise yaml.MarkedYAMLError(problem=f"the tag {tag} is not read", problem_mark=event.start_mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


@dataclass(frozen=True)
class RulesetSource:
    """A ruleset's text, the document in it and the places of its parts."""

    file: str
    text: str
    document: dict[str, Any]
    places: Mapping[Path, yaml.Node]

    def problem(self, error: RulesetError) -> Problem:
        """An error of the document, at its place in the file."""
        path = error.path
        while path and path not in self.places:
            path = path[:-1]
        node = self.places[path]
        line, column = node.start_mark.line, node.start_mark.column
        if error.offset != NO_OFFSET and path == error.path and isinstance(node, yaml.ScalarNode):
            line, column = _inside(self.text, node, error.offset)
        return Problem(self.file, line + 1, column + 1, str(error))


def read_ruleset(text: str, file: str = "ruleset") -> RulesetSource:
    """The document in a YAML text. Raises `RulesetSourceError` for what is not YAML, or not read."""
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        raise RulesetSourceError((Problem(file, 1, 1, f"longer than {BYTES_MAX:,} bytes"),))
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        places = dict(_places(root, ()))
        document = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        raise RulesetSourceError((_yaml_problem(error, text, file),)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RulesetSourceError((Problem(file, 1, 1, f"not YAML: {error}"),)) from None
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(document, dict):
        raise RulesetSourceError((Problem(file, 1, 1, "a ruleset is a mapping with `name` and `rules`"),))
    return RulesetSource(file, text, document, places)


def _yaml_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    words = error.problem or error.context or "not YAML"
    if mark is None:
        return Problem(file, 1, 1, words)
    began = None if opened is None else (opened.line, opened.column)
    line, column, told = in_plain_words(
        YamlMistake(tuple(text.split("\n")), mark.line, mark.column, words, began)
    )
    return Problem(file, line + 1, column + 1, told)


def _places(node: yaml.Node | None, path: Path) -> Iterator[tuple[Path, yaml.Node]]:
    """Every node by its path. Raises for keys that are there twice and for too many levels."""
    if node is None:
        return
    if len(path) > DEPTH_MAX:
        raise yaml.MarkedYAMLError(problem=f"deeper than {DEPTH_MAX} levels", problem_mark=node.start_mark)
    yield path, node
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _places(child, (*path, index))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            name = str(key.value)
            if name in seen or not isinstance(key, yaml.ScalarNode):
                problem = f"the key {name[:64]!r} is there twice: take one of them out"
                if name not in seen:
                    problem = "a key is one word, such as `when`"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(name)
            yield from _places(child, (*path, name))


def _inside(text: str, node: yaml.ScalarNode, offset: int) -> tuple[int, int]:
    """Line and column (from 0) of a character of a scalar's value, in the text it was written in.

    White space may have been folded and quotes escaped, so value and text are walked together: each
    character of the value is the next of its kind in the text.
    """
    at = node.start_mark.index
    if node.style in ("|", ">"):
        at = text.index("\n", at) + 1
    elif node.style:
        at += 1
    value = node.value[: offset + 1]
    for place, character in enumerate(value):
        if not character.isspace():
            at = text.find(character, at)
        if place < len(value) - 1:
            at += 1
    before = text[:at]
    return before.count("\n"), at - before.rfind("\n") - 1


def _loaded(source: RulesetSource) -> Ruleset:
    try:
        return Ruleset.from_dict(source.document)
    except RulesetError as error:
        raise RulesetSourceError((source.problem(error),)) from None


def check_ruleset(text: str, schema: Schema, file: str = "ruleset") -> Ruleset:
    """The ruleset in a YAML text, checked against the columns there are.

    Raises `RulesetSourceError` with the problems of all rules, in the order of the file.
    """
    source = read_ruleset(text, file)
    ruleset = _loaded(source)
    problems = sorted(map(source.problem, islice(_errors(ruleset, schema), PROBLEMS_MAX)))
    if problems:
        raise RulesetSourceError(tuple(problems))
    return ruleset


def _errors(ruleset: Ruleset, schema: Schema) -> Iterator[RulesetError]:
    """The mistakes of all rules; where there is none, what the whole ruleset is refused for."""
    try:
        check_characters(ruleset.document)
    except RulesetError as error:
        yield error
        return
    graph, mistakes = Graph(), 0
    for index, rule in enumerate(ruleset.rules):
        try:
            compile_expression(rule.when, schema, graph)
        except ExpressionError as error:
            mistakes += 1
            yield RulesetError(_words(rule, error), ("rules", index, "when"), error.column - 1)
        except TooManySteps as error:
            yield RulesetError(_words(rule, error), ("rules", index, "when"))
            return
    if not mistakes:
        yield from _over_budget(ruleset, schema)


def _over_budget(ruleset: Ruleset, schema: Schema) -> Iterator[RulesetError]:
    try:
        ruleset.compile(schema)
    except RulesetError as error:
        yield error


def _words(rule: Rule, error: Exception) -> str:
    return f"rule {rule.id!r}: {error}"
