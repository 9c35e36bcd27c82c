"""`docs/api.md` from the public names and their docstrings."""

import enum
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import tollgate
from tollgate.surface import SECTIONS, NameOrigin, NameSection

_HEAD: Final = """\
# Public names

Written by `make pages`; do not edit. `from tollgate import NAME` is all that notebooks, scripts and
other teams need, and all that is promised to stay: see [what is promised](compatibility.md). A name is
imported when it is first used; those of training and evaluation need the extra `training`.
"""


def render() -> str:
    """The page."""
    lines = [_HEAD, *(line for section in SECTIONS for line in _section(section))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(section: NameSection) -> Iterator[str]:
    yield from (f"## {section.title}", "", section.introduction, "")
    for name, place in section.names.items():
        yield from _entry(name, place, getattr(tollgate, name))


def _entry(name: str, place: NameOrigin, value: Any) -> Iterator[str]:
    signature = "" if place.purpose else _signature(value)
    yield from (f"### {name}", "", f"`{name}{signature}`, defined in `{place.module}`.", "")
    yield from (place.purpose or description(value), "")
    members = [] if place.purpose else list(_members(value))
    if members:
        yield from (*members, "")


def description(value: Any) -> str:
    """The first paragraph of a public thing's docstring, on one line; "" where it has none."""
    text = inspect.getdoc(value) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _signature(value: Any) -> str:
    """A function's parameters, without their types."""
    if not inspect.isroutine(value):
        return ""
    shown = [_parameter(parameter) for parameter in inspect.signature(value).parameters.values()]
    return f"({', '.join(shown)})"


def _parameter(parameter: inspect.Parameter) -> str:
    prefix: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    optional = "" if parameter.default is inspect.Parameter.empty else "=..."
    return f"{prefix.get(parameter.kind, '')}{parameter.name}{optional}"


def _members(value: Any) -> Iterator[str]:
    """What one can ask of a class or module, a line each."""
    if isinstance(value, ModuleType):
        for name, member in _functions(value):
            yield f"* `{name}{_signature(member)}`: {description(member)}"
    elif isinstance(value, type) and issubclass(value, enum.Enum):
        shown = [str(m.value) if isinstance(m.value, str) else m.name for m in value]
        yield f"Values: {', '.join(f'`{each}`' for each in shown)}."
    elif isinstance(value, type):
        fields = [name for name in inspect.get_annotations(value) if not name.startswith("_")]
        if fields:
            yield f"Fields: {', '.join(f'`{name}`' for name in fields)}."
        methods = list(_methods(value))
        yield from ("", *methods) if fields and methods else methods


def _functions(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, member in vars(module).items():
        if re.match(r"[a-z]", name) and inspect.isfunction(member) and member.__module__ == module.__name__:
            yield name, member


def _methods(value: type) -> Iterator[str]:
    for name, member in vars(value).items():
        inner = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
        if name.startswith("_") or not inspect.isfunction(inner):
            continue
        is_call = not isinstance(member, property) and not hasattr(member, "attrname")
        shown = _bound(_signature(inner)) if is_call else ""
        yield f"* `{name}{shown}`: {description(inner)}"


def _bound(signature: str) -> str:
    """A method's parameters as its caller sees them."""
    return re.sub(r"^\((self|cls)(, )?", "(", signature)
