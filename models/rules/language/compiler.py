"""The type checker: every node of a parsed rule against a whitelist, and what it means as steps.

A rule is of numbers, texts and booleans. Metadata (`raw`) takes the type it is used as. Money is a number
with a unit: a literal with a currency compares with amounts only, and the amounts are then taken in that
currency. What the language means is written down in `models.rules.language.expression`.
"""

import ast
from dataclasses import dataclass, field, replace
from typing import Any, Final

from models.money import EXPONENTS
from models.reference import COUNTRY_GROUPS
from models.rules.language.columns import METADATA, Schema
from models.rules.language.graph import Graph
from models.rules.language.money_literals import (
    AMOUNT,
    CURRENCY,
    REFERENCE_AMOUNT,
    amount_in,
    euros_in,
    minor_units,
)
from models.rules.language.operators import (
    ARITHMETIC,
    Operand,
    arithmetic,
    both,
    comparison,
    constant,
    either,
    inverted,
    listed,
    metadata_column,
    negated,
    number_column,
    number_in,
    number_known,
    text_column,
    text_different,
    text_equal,
    text_in,
    text_known,
    text_not,
    text_part,
    truth_column,
)
from models.rules.language.syntax import AFFIXES, DEPTH_MAX, RESERVED, ExpressionError, closest
from models.rules.language.terms import Term, boolean_of, truth_of, unit_of

MEMBERS_MAX: Final = 500
NAME_LENGTH_MAX: Final = 128
NUMBER_MAX: Final = 2**53

_PARTS: Final = {mark: name for name, mark in AFFIXES.items()}
_MONEY_COLUMNS: Final = frozenset({AMOUNT, REFERENCE_AMOUNT})


@dataclass
class Compiler:
    """Turns one parsed rule into steps, and notes what it reads."""

    text: str
    indent: int
    currencies: dict[int, str]
    schema: Schema
    graph: Graph
    columns: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    into: str = ""
    """The currency that amounts are taken in while one side of a comparison is compiled."""
    terms: dict[tuple[int, str], Term] = field(default_factory=dict)
    """What each node came to. In `a < b < c` two tests read `b`: compiled for each, nested ones would double
    at every level."""

    def parse(self) -> ast.expr:
        """The rule as Python's parser reads it; nothing of it is trusted yet."""
        try:
            return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            place = self.indent + (error.offset or len(self.text) + 1)
            raise ExpressionError(f"not an expression: {_plain(error.msg)}", place) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise ExpressionError(f"not an expression ({type(error).__name__})") from None

    def condition(self, node: ast.expr, depth: int) -> Term:
        """A node that is true or false of each row."""
        return self._expect("boolean", "a condition (true or false) is needed here", node, depth)

    def _number(self, node: ast.expr, depth: int) -> Term:
        term = self._expect("number", "arithmetic needs a number", node, depth)
        if term.currency:
            raise self._error(
                node, "money is allowed as one side of a comparison only, as in amount > 5000 EUR"
            )
        return term

    def _expect(self, wanted: str, message: str, node: ast.expr, depth: int) -> Term:
        term = self._used_as(self._compile(node, depth), wanted)
        if term.type != wanted:
            raise self._error(node, f"{message}, found a {term.type}")
        return term

    def _compile(self, node: ast.expr, depth: int) -> Term:
        if depth > DEPTH_MAX:
            raise self._error(node, f"nested deeper than {DEPTH_MAX} levels")
        known = self.terms.get((id(node), self.into))
        if known is None:
            known = self.terms[id(node), self.into] = self._compiled(node, depth)
        return known

    def _compiled(self, node: ast.expr, depth: int) -> Term:
        match node:
            case ast.BoolOp():
                return self._connective(node, depth + 1)
            case ast.UnaryOp(op=ast.Not()):
                return boolean_of(inverted(self.graph, self.condition(node.operand, depth + 1).step))
            case ast.UnaryOp(op=ast.USub()):
                return self._negative(node, depth + 1)
            case ast.BinOp():
                return self._arithmetic(node, depth + 1)
            case ast.Compare():
                return boolean_of(self._comparison(node, depth + 1))
            case ast.Name():
                return self._column(node)
            case ast.Attribute() | ast.Subscript():
                return self._metadata(node)
            case ast.Constant():
                return self._constant(node)
        raise self._error(node, _foreign(node))

    def _connective(self, node: ast.BoolOp, depth: int) -> Term:
        parts = [self.condition(value, depth).step for value in node.values]
        joined = parts[0]
        for part in parts[1:]:
            joined = (both if isinstance(node.op, ast.And) else either)(self.graph, joined, part)
        return boolean_of(joined)

    def _negative(self, node: ast.UnaryOp, depth: int) -> Term:
        term = self._expect("number", "arithmetic needs a number", node.operand, depth)
        return replace(term, operand=negated(self.graph, term.operand))

    def _arithmetic(self, node: ast.BinOp, depth: int) -> Term:
        operator = type(node.op).__name__
        if isinstance(node.op, ast.BitOr):
            raise self._error(node, "`between` needs a value before it, and `and` between its two ends")
        if operator not in ARITHMETIC:
            raise self._error(node, f"{operator} is not part of the rule language: use + - * /")
        left, right = self._number(node.left, depth), self._number(node.right, depth)
        operand = arithmetic(self.graph, operator, left.operand, right.operand)
        return Term("number", operand, unit=unit_of(operator, left.unit, right.unit))

    def _comparison(self, node: ast.Compare, depth: int) -> int:
        operands = [node.left, *node.comparators]
        if len(node.ops) > 1 and any(
            isinstance(o, ast.Is | ast.IsNot | ast.In | ast.NotIn) for o in node.ops
        ):
            raise self._error(node, "only < <= == != >= > can be chained: join tests with `and`")
        tests = [
            self._test(left, operator, right, depth)
            for left, operator, right in zip(operands, node.ops, node.comparators, strict=False)
        ]
        joined = tests[0]
        for test in tests[1:]:
            joined = both(self.graph, joined, test)
        return joined

    def _test(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, depth: int) -> int:
        if isinstance(operator, ast.In | ast.NotIn):
            return self._membership(left, isinstance(operator, ast.In), right, depth)
        if isinstance(operator, ast.Is | ast.IsNot):
            return self._form(left, isinstance(operator, ast.Is), right, depth)
        return self._compared(left, type(operator).__name__, right, depth)

    def _compared(self, left: ast.expr, operator: str, right: ast.expr, depth: int) -> int:
        first, second = self._same_type(left, right, depth)
        if first.type == "number":
            one, other = self._amounts(left, first, right, second, depth)
            return comparison(self.graph, operator, one, other)
        if operator not in ("Eq", "NotEq"):
            raise self._error(right, f"a {first.type} compares with == and != only")
        if first.type == "boolean":
            return comparison(self.graph, operator, truth_of(first), truth_of(second))
        return self._texts(first, operator == "Eq", second)

    def _same_type(self, left: ast.expr, right: ast.expr, depth: int) -> tuple[Term, Term]:
        first, second = self._compile(left, depth), self._compile(right, depth)
        first, second = self._used_as(first, second.type), self._used_as(second, first.type)
        if first.type == "raw":
            raise self._error(right, "neither side has a type: compare metadata with a constant or a column")
        if first.type != second.type:
            raise self._error(right, f"a {first.type} cannot be compared with a {second.type}")
        return first, second

    def _amounts(
        self, left: ast.expr, first: Term, right: ast.expr, second: Term, depth: int
    ) -> tuple[Operand, Operand]:
        """Two numbers to compare; next to a money literal, the column in its currency."""
        if first.currency and second.currency:
            raise self._error(right, f"{second.currency} compared with {first.currency}: name an amount")
        if not (first.currency or second.currency):
            return first.operand, second.operand
        if first.currency:
            return first.operand, self._in_currency(right, second, first.currency, depth)
        return self._in_currency(left, first, second.currency, depth), second.operand

    def _in_currency(self, node: ast.expr, term: Term, currency: str, depth: int) -> Operand:
        if term.unit != "money":
            raise self._error(node, f"this is not an amount of money: it cannot be compared with {currency}")
        self.into = currency
        try:
            return self._number(node, depth).operand
        finally:
            self.into = ""

    def _texts(self, first: Term, equal: bool, second: Term) -> int:
        if isinstance(first.constant, str) and isinstance(second.constant, str):
            return constant(self.graph, (first.constant == second.constant) == equal)
        if isinstance(first.constant, str):
            first, second = second, first
        if isinstance(second.constant, str):
            test = text_in(self.graph, first.step, frozenset({second.constant}))
            return test if equal else text_not(self.graph, first.step, test)
        return (text_equal if equal else text_different)(self.graph, first.step, second.step)

    def _form(self, left: ast.expr, wanted: bool, right: ast.expr, depth: int) -> int:
        match right:
            case ast.Name(id=("missing" | "known") as state):
                return self._presence(left, (state == "known") == wanted, depth)
            case ast.BinOp(op=ast.BitOr(), left=ast.Name(id=mark), right=part) if mark in _PARTS:
                return self._part(left, _PARTS[mark], wanted, part, depth)
            case ast.BinOp(op=ast.BitOr(), left=low, right=high):
                return self._between(left, wanted, low, high, depth)
        raise self._error(right, "`between` needs two ends (x between 1 and 2), `is` one of: missing, known")

    def _presence(self, node: ast.expr, known: bool, depth: int) -> int:
        term = self._compile(node, depth)
        if term.type == "number" and not isinstance(term.operand, float):
            test = number_known(self.graph, term.operand)
        elif term.type == "text" and term.constant is None:
            test = text_known(self.graph, term.step)
        elif term.type == "boolean" and term.truth is not None:
            test = number_known(self.graph, term.truth)
        elif term.type == "raw":
            test = metadata_column(self.graph, term.column, "presence")
        else:
            raise self._error(node, "only a column, metadata or arithmetic can be missing or known")
        return test if known else inverted(self.graph, test)

    def _part(self, left: ast.expr, test: str, wanted: bool, right: ast.expr, depth: int) -> int:
        term = self._used_as(self._compile(left, depth), "text")
        if term.type != "text" or term.constant is not None:
            raise self._error(left, f"{test} looks at a column of texts")
        nodes = right.elts if isinstance(right, ast.Tuple | ast.List) else [right]
        parts = self._members(right, nodes, "text")
        if not all(parts):
            raise self._error(right, f"{test} needs a text that is not empty")
        test_step = text_part(self.graph, test, term.step, tuple(sorted(set(parts))))
        return test_step if wanted else text_not(self.graph, term.step, test_step)

    def _between(self, node: ast.expr, wanted: bool, low: ast.expr, high: ast.expr, depth: int) -> int:
        if wanted:
            from_low = self._compared(node, "GtE", low, depth)
            return both(self.graph, from_low, self._compared(node, "LtE", high, depth))
        outside = either(
            self.graph, self._compared(node, "Lt", low, depth), self._compared(node, "Gt", high, depth)
        )
        for end in (low, high):
            bound = self._used_as(self._compile(end, depth), "number").operand
            if isinstance(bound, int):
                outside = both(self.graph, outside, number_known(self.graph, bound))
        return outside

    def _membership(self, left: ast.expr, wanted: bool, right: ast.expr, depth: int) -> int:
        if isinstance(left, ast.Constant):
            raise self._error(left, "a constant is looked for: name a column before `in`")
        term = self._compile(left, depth)
        match right:
            case ast.Call():
                return self._on_list(left, term, wanted, right)
            case ast.Name(id=group):
                return self._in_texts(left, term, wanted, self._group(right, group))
            case ast.Tuple(elts=nodes) | ast.List(elts=nodes):
                return self._in_constants(left, term, wanted, right, nodes)
            case ast.Constant():
                raise self._error(right, "one value is compared with ==; `in` needs a tuple, as in (1, 2)")
        raise self._error(right, 'a tuple of constants, a country group or list("name") is needed after `in`')

    def _on_list(self, left: ast.expr, term: Term, wanted: bool, call: ast.Call) -> int:
        name = self._list_name(call)
        was_raw = term.type == "raw"
        term = self._used_as(term, "text")
        if term.type != "text":
            raise self._error(left, f"lists hold texts, not a {term.type}")
        self.lists.add(name)
        column = METADATA + term.column if was_raw else term.column
        test_step = listed(self.graph, name, term.step, column)
        return test_step if wanted else text_not(self.graph, term.step, test_step)

    def _list_name(self, node: ast.Call) -> str:
        match node:
            case ast.Call(func=ast.Name(id="list"), args=[ast.Constant(value=str(name))], keywords=[]):
                if 0 < len(name) <= NAME_LENGTH_MAX:
                    return name
                raise self._error(node, f"a list's name has 1 to {NAME_LENGTH_MAX} characters")
        raise self._error(node, 'only list("name") can be called')

    def _group(self, node: ast.expr, name: str) -> frozenset[str]:
        if name not in COUNTRY_GROUPS:
            near = closest(name, COUNTRY_GROUPS) or f"; there are {', '.join(sorted(COUNTRY_GROUPS))}"
            raise self._error(node, f"{name!r} is not a group of countries{near}")
        return COUNTRY_GROUPS[name]

    def _in_texts(self, node: ast.expr, term: Term, wanted: bool, members: frozenset[str]) -> int:
        term = self._used_as(term, "text")
        if term.type != "text":
            raise self._error(node, f"countries are texts, this is a {term.type}")
        test_step = text_in(self.graph, term.step, members)
        return test_step if wanted else text_not(self.graph, term.step, test_step)

    def _in_constants(
        self, left: ast.expr, term: Term, wanted: bool, right: ast.expr, nodes: list[ast.expr]
    ) -> int:
        if term.type == "raw":
            first = next((node for node in nodes if isinstance(node, ast.Constant)), None)
            of_texts = first is not None and isinstance(first.value, str)
            term = self._used_as(term, "text" if of_texts else "number")
        if term.type == "boolean":
            raise self._error(left, "a boolean is a condition by itself")
        members = self._members(right, nodes, term.type)
        if term.type == "text":
            return self._in_texts(left, term, wanted, frozenset(members))
        if isinstance(term.operand, float):
            raise self._error(left, "a constant is looked for: name a column before `in`")
        test_step = number_in(self.graph, term.operand, frozenset(members))
        if wanted:
            return test_step
        return both(self.graph, inverted(self.graph, test_step), number_known(self.graph, term.operand))

    def _members(self, whole: ast.expr, nodes: list[ast.expr], wanted: str) -> list[Any]:
        if not nodes:
            raise self._error(whole, "at least one value is needed")
        if len(nodes) > MEMBERS_MAX:
            raise self._error(whole, f"{len(nodes)} members, at most {MEMBERS_MAX} are allowed: use a list")
        return [self._member(node, wanted) for node in nodes]

    def _member(self, node: ast.expr, wanted: str) -> Any:
        plain = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
        if isinstance(plain, ast.Constant):
            term = self._compile(node, 1)
            if term.type == wanted and not term.currency:
                return term.constant if wanted == "text" else term.operand
        raise self._error(node, f"a member must be a constant {wanted}, like what is looked for")

    def _column(self, node: ast.Name) -> Term:
        name = node.id
        column_type = self.schema.get(name)
        if name in RESERVED or name.startswith("_") or column_type is None:
            raise self._error(node, self._unknown(name))
        self.columns.add(name)
        if column_type == "text":
            return Term("text", text_column(self.graph, name), column=name)
        if column_type == "boolean":
            truth = truth_column(self.graph, name)
            return Term("boolean", comparison(self.graph, "Eq", truth, 1.0), truth=truth)
        return self._number_column(name, column_type)

    def _number_column(self, name: str, column_type: str) -> Term:
        is_money = column_type == "money" or name in _MONEY_COLUMNS
        if not (self.into and is_money):
            return Term("number", number_column(self.graph, name), unit="money" if is_money else "")
        if name == AMOUNT:
            self.columns.update((AMOUNT, CURRENCY, REFERENCE_AMOUNT))
            return Term("number", amount_in(self.graph, self.into), unit="money")
        euros = number_column(self.graph, name)
        return Term("number", euros_in(self.graph, euros, self.into), unit="money")

    def _unknown(self, name: str) -> str:
        if name in RESERVED:
            return f"{name!r} is a word of the language, it is not allowed here"
        if name in COUNTRY_GROUPS:
            return f"{name!r} is a group of countries: it is used after `in`"
        return f"unknown name {name!r}{closest(name, self.schema)}"

    def _metadata(self, node: ast.Attribute | ast.Subscript) -> Term:
        match node:
            case ast.Attribute(value=ast.Name(id="metadata"), attr=key):
                pass
            case ast.Subscript(value=ast.Name(id="metadata"), slice=ast.Constant(value=str(key))):
                pass
            case _:
                raise self._error(node, 'only metadata has keys: metadata.basket or metadata["basket"]')
        if not 0 < len(key) <= NAME_LENGTH_MAX:
            raise self._error(node, f"a metadata key has 1 to {NAME_LENGTH_MAX} characters")
        self.columns.add(METADATA + key)
        return Term("raw", column=key)

    def _used_as(self, term: Term, wanted: str) -> Term:
        """Metadata takes the type it is used as; all else is what it is."""
        if term.type != "raw" or wanted not in ("number", "text", "boolean"):
            return term
        step = metadata_column(self.graph, term.column, wanted)
        if wanted == "boolean":
            return Term("boolean", comparison(self.graph, "Eq", step, 1.0), truth=step)
        return Term(wanted, step, column=term.column)

    def _constant(self, node: ast.Constant) -> Term:
        value = node.value
        match value:
            case bool():
                return Term("boolean", constant(self.graph, value), constant=value)
            case int() | float():
                return self._number_constant(node, value)
            case str():
                return Term("text", constant=value)
        raise self._error(node, f"a constant {type(value).__name__} is not part of the rule language")

    def _number_constant(self, node: ast.Constant, value: float) -> Term:
        currency = self.currencies.get(self._place(node) - 1, "")
        amount: float | None = value
        if currency and abs(value) <= NUMBER_MAX:
            amount = minor_units(str(ast.get_source_segment(self.text, node)), currency)
            if amount is None:
                raise self._error(node, f"{currency} has {EXPONENTS[currency]} decimals")
        if amount is None or not abs(amount) <= NUMBER_MAX:
            raise self._error(node, f"the number is too large, at most {NUMBER_MAX}")
        return Term("number", float(amount), currency=currency)

    def _place(self, node: ast.expr) -> int:
        before = self.text.encode()[: node.col_offset].decode(errors="replace")
        return self.indent + len(before) + 1

    def _error(self, node: ast.expr, message: str) -> ExpressionError:
        return ExpressionError(message, self._place(node))


def _plain(message: str) -> str:
    """Python's own words about a syntax error, without its advice about Python."""
    return message.partition(". Perhaps")[0].partition(". Maybe")[0]


def _foreign(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return 'nothing can be called; list("name") is used after `in`'
    if isinstance(node, ast.Tuple | ast.List):
        return "several values are allowed after `in` only (a decimal comma is written as a point)"
    return f"{type(node).__name__} is not part of the rule language"
