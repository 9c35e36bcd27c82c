"""The language of rules: one Python-like condition over columns, compiled against a schema.

    reference_amount > 500000 and method == "card"
    ip_country != method_country
    ip_payment_count_1h + 1 > 5
    mcc in ("5912", "7995") or bin in list("blocked_bins")

Operators: and, or, not; < <= == != >= > (also chained); + - * / and unary minus; `in`, `not in` with a
tuple of constants or `list("name")`; names of columns; numbers, texts, True and False. Texts compare with
== and != only. Money is in minor units. Arithmetic is on float64; a division by zero is a missing value.

Missing values: every test with one is false, `!=` and `not in` too; arithmetic with one is missing. `not`
turns a false test into true, so `not (x > 5)` holds where x is missing; write `x <= 5` to leave missing
values out.

Nothing else can be written: the text is parsed with `ast` and every node is checked against a whitelist. No
attribute, call (but `list`), subscript, lambda or comprehension compiles, and nothing is ever evaluated as
Python.
"""

import ast
import difflib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from models.rule_operators import (
    ARITHMETIC,
    COMPARISONS,
    Columns,
    Evaluate,
    Value,
    as_float,
    list_test,
    number_members_test,
    number_test,
    text_constant_test,
    text_members_test,
    text_test,
)

Schema = Mapping[str, str]
"""Column name -> `number`, `text` or `boolean`."""

COLUMN_TYPES: Final = frozenset({"number", "text", "boolean"})
EXPRESSION_LENGTH_MAX: Final = 2_000
DEPTH_MAX: Final = 32
MEMBERS_MAX: Final = 1_000
TEXT_LENGTH_MAX: Final = 128
NUMBER_MAX: Final = 2**53


class ExpressionError(ValueError):
    """The text is not of the language; `column` is the character (from 1) where it goes wrong."""

    def __init__(self, message: str, column: int = 1) -> None:
        """`message` says what is wrong and what was expected."""
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Expression:
    """A compiled condition: `evaluate(columns)` gives a bool per row, or one bool if it names no column."""

    text: str
    evaluate: Evaluate
    columns: frozenset[str]
    lists: frozenset[str]


@dataclass(frozen=True)
class _Typed:
    type: str
    evaluate: Evaluate


def compile_expression(text: str, schema: Schema) -> Expression:
    """Check and compile a condition against `schema`.

    Raises `ExpressionError` with the place and, for an unknown name, the closest known one.
    """
    if len(text) > EXPRESSION_LENGTH_MAX:
        raise ExpressionError(f"{len(text)} characters long, at most {EXPRESSION_LENGTH_MAX} are allowed")
    flat = text.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    compiler = _Compiler(flat.strip(" "), len(flat) - len(flat.lstrip(" ")), schema)
    evaluate = compiler.condition(compiler.parse(), 1).evaluate
    return Expression(text, evaluate, frozenset(compiler.columns), frozenset(compiler.lists))


@dataclass
class _Compiler:
    text: str
    indent: int
    schema: Schema
    columns: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)

    def parse(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            raise ExpressionError(
                f"not an expression: {error.msg}", self.indent + (error.offset or len(self.text) + 1)
            ) from None
        except (ValueError, RecursionError, MemoryError, Warning) as error:
            raise ExpressionError(f"not an expression ({type(error).__name__})") from None

    def condition(self, node: ast.expr, depth: int) -> _Typed:
        return self._expect("boolean", "a condition (true or false) is needed here", node, depth)

    def _number(self, node: ast.expr, depth: int) -> Evaluate:
        return self._expect("number", "arithmetic needs a number", node, depth).evaluate

    def _expect(self, wanted: str, message: str, node: ast.expr, depth: int) -> _Typed:
        compiled = self._compile(node, depth)
        if compiled.type != wanted:
            raise self._error(node, f"{message}, found a {compiled.type}")
        return compiled

    def _compile(self, node: ast.expr, depth: int) -> _Typed:
        if depth > DEPTH_MAX:
            raise self._error(node, f"nested deeper than {DEPTH_MAX} levels")
        match node:
            case ast.BoolOp():
                return self._connective(node, depth + 1)
            case ast.UnaryOp(op=ast.Not()):
                operand = self.condition(node.operand, depth + 1).evaluate
                return _Typed("boolean", lambda columns: np.logical_not(operand(columns)))
            case ast.UnaryOp(op=ast.USub()):
                positive = self._number(node.operand, depth + 1)
                return _Typed("number", lambda columns: np.negative(as_float(positive(columns))))
            case ast.BinOp():
                return self._arithmetic(node, depth + 1)
            case ast.Compare():
                return self._comparison(node, depth + 1)
            case ast.Name():
                return self._column(node)
            case ast.Constant():
                return self._constant(node)
        raise self._error(node, f"{type(node).__name__} is not part of the rule language")

    def _connective(self, node: ast.BoolOp, depth: int) -> _Typed:
        parts = [self.condition(value, depth).evaluate for value in node.values]
        combine: Any = np.logical_and if isinstance(node.op, ast.And) else np.logical_or

        def evaluate(columns: Columns) -> Value:
            result = parts[0](columns)
            for part in parts[1:]:
                result = combine(result, part(columns))
            return result

        return _Typed("boolean", evaluate)

    def _arithmetic(self, node: ast.BinOp, depth: int) -> _Typed:
        operate = ARITHMETIC.get(type(node.op).__name__)
        if operate is None:
            raise self._error(node, f"{type(node.op).__name__} is not part of the rule language: use + - * /")
        left, right = self._number(node.left, depth), self._number(node.right, depth)
        return _Typed("number", lambda columns: operate(as_float(left(columns)), as_float(right(columns))))

    def _comparison(self, node: ast.Compare, depth: int) -> _Typed:
        operands = [node.left, *node.comparators]
        tests = [
            self._test(left, operator, right, depth)
            for left, operator, right in zip(operands, node.ops, node.comparators, strict=False)
        ]
        if len(tests) == 1:
            return _Typed("boolean", tests[0])

        def evaluate(columns: Columns) -> Value:
            result = tests[0](columns)
            for test in tests[1:]:
                result = np.logical_and(result, test(columns))
            return result

        return _Typed("boolean", evaluate)

    def _test(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, depth: int) -> Evaluate:
        if isinstance(operator, ast.In | ast.NotIn):
            return self._membership(left, isinstance(operator, ast.In), right, depth)
        compare = COMPARISONS.get(type(operator).__name__)
        if compare is None:
            raise self._error(
                right, f"{type(operator).__name__} is not part of the rule language: use == or !="
            )
        first, second = self._compile(left, depth), self._compile(right, depth)
        if first.type != second.type:
            raise self._error(right, f"a {first.type} cannot be compared with a {second.type}")
        if first.type == "number":
            return number_test(compare, first.evaluate, second.evaluate)
        equal = isinstance(operator, ast.Eq)
        if not equal and not isinstance(operator, ast.NotEq):
            raise self._error(right, f"a {first.type} compares with == and != only")
        if first.type == "boolean":
            return lambda columns: compare(first.evaluate(columns), second.evaluate(columns))
        if isinstance(right, ast.Constant):
            return text_constant_test(equal, first.evaluate, str(right.value))
        return text_test(equal, first.evaluate, second.evaluate)

    def _membership(self, left: ast.expr, wanted: bool, right: ast.expr, depth: int) -> Evaluate:
        if isinstance(left, ast.Constant):
            raise self._error(left, "a constant is looked for: name a column before `in`")
        value = self._compile(left, depth)
        if isinstance(right, ast.Call):
            if value.type != "text":
                raise self._error(left, f"lists hold texts, found a {value.type}")
            return list_test(self._list_name(right), wanted, value.evaluate)
        members = self._members(right, value.type)
        if value.type == "text":
            return text_members_test(frozenset(members), wanted, value.evaluate)
        return number_members_test(tuple(members), wanted, value.evaluate)

    def _list_name(self, node: ast.Call) -> str:
        match node:
            case ast.Call(func=ast.Name(id="list"), args=[ast.Constant(value=str(name))], keywords=[]):
                self.lists.add(name)
                return name
        raise self._error(node, 'only list("name") can be called')

    def _members(self, node: ast.expr, wanted: str) -> list[Any]:
        if not isinstance(node, ast.Tuple | ast.List) or wanted == "boolean":
            raise self._error(node, 'a tuple of constants or list("name") is needed after `in`')
        if len(node.elts) > MEMBERS_MAX:
            raise self._error(
                node, f"{len(node.elts)} members, at most {MEMBERS_MAX} are allowed: use a list"
            )
        return [self._member(member, wanted) for member in node.elts]

    def _member(self, node: ast.expr, wanted: str) -> Any:
        sign, constant = 1, node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and wanted == "number":
            sign, constant = -1, node.operand
        if not isinstance(constant, ast.Constant) or self._constant(constant).type != wanted:
            raise self._error(node, f"a member must be a constant {wanted}, like what is looked for")
        value: Any = constant.value
        return value if wanted == "text" else sign * value

    def _column(self, node: ast.Name) -> _Typed:
        name = node.id
        # Python folds look-alike letters of identifiers; a rule must read as it is written.
        if self.text.encode()[node.col_offset : node.end_col_offset] != name.encode():
            raise self._error(node, f"{name!r} is not written in plain letters")
        column_type = self.schema.get(name)
        if column_type is None:
            raise self._error(node, f"unknown name {name!r}{closest(name, self.schema)}")
        self.columns.add(name)
        return _Typed(column_type, lambda columns: columns.column(name))

    def _constant(self, node: ast.Constant) -> _Typed:
        value = node.value
        match value:
            case bool():
                return _Typed("boolean", lambda _: value)
            case int() | float():
                if not abs(value) <= NUMBER_MAX:
                    raise self._error(node, f"the number is too large, at most {NUMBER_MAX}")
                return _Typed("number", lambda _: value)
            case str():
                if len(value) > TEXT_LENGTH_MAX:
                    raise self._error(node, f"the text is longer than {TEXT_LENGTH_MAX} characters")
                return _Typed("text", lambda _: value)
        raise self._error(node, f"a constant {type(value).__name__} is not part of the rule language")

    def _error(self, node: ast.expr, message: str) -> ExpressionError:
        before = self.text.encode()[: node.col_offset].decode(errors="replace")
        return ExpressionError(message, self.indent + len(before) + 1)


def closest(name: str, known: Mapping[str, Any]) -> str:
    """`, did you mean 'x'?` for a name close to a known one, otherwise nothing."""
    near = difflib.get_close_matches(name[:64], known, 1)
    return f", did you mean {near[0]!r}?" if near else ""
