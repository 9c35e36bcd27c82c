"""Descriptions of fields for the schemas, from the line under each field in its struct."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from textwrap import dedent

from msgspec import Struct


@cache
def field_docs() -> dict[str, dict[str, str]]:
    """By name of each struct of `models` that is loaded: what its fields are, by their names on the wire."""
    return {
        struct.__name__: _docs(struct)
        for struct in _structs(Struct)
        if struct.__module__.startswith("models.")
    }


def _structs(base: type[Struct]) -> Iterator[type[Struct]]:
    for struct in base.__subclasses__():
        yield struct
        yield from _structs(struct)


def _docs(struct: type[Struct]) -> dict[str, str]:
    body = ast.parse(dedent(inspect.getsource(struct))).body[0]
    assert isinstance(body, ast.ClassDef)
    wire_names = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    docs = {}
    for field, after in pairwise(body.body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(after, ast.Expr):
            continue
        if isinstance(field.target, ast.Name):
            docs[wire_names[field.target.id]] = inspect.cleandoc(ast.literal_eval(after.value))
    return docs
