"""The interpreter of rules: one compiled loop over rows, whatever the ruleset.

For each block of rows it runs the program's instructions, and then asks each rule about each row: does it
look at this payment (its level, its time, its sample), does it err, does it hit, and what follows from that.
A row is computed by itself: how rows fall into blocks cannot matter.

`_evaluate` is longer than other functions: an instruction is one branch of one switch, and a call for each
would cost more than the instruction.
"""

from typing import Final, NamedTuple

import numpy as np

from models.arrays import Bools, Floats, Int64s, UInt32s, UInt64s
from models.kernels import inlined, kernel
from models.rules.program.instructions import (
    ADD,
    AMONG,
    AND,
    COPY,
    DIVIDE,
    EQUAL,
    FEATURE,
    GREATER,
    GREATER_EQUAL,
    KNOWN,
    LEAF,
    LESS,
    LESS_EQUAL,
    MULTIPLY,
    NEGATE,
    NOT,
    NOT_EQUAL,
    OR,
    SELECT,
    SUBTRACT,
    Program,
)
from models.rules.program.leaves import LeafPlan, LeafValues

BLOCK: Final = 32
"""Rows at a time: so many values of a register are a few vectors, and the registers of 50 rules stay in the
second-level cache."""
SHARE_BITS: Final = 53
"""Of the hash that a sample is compared with: as many as float64 holds exactly."""
ALL_KEYS: Final = 1 << SHARE_BITS
_ALL: Final = np.uint64(ALL_KEYS)
NO_ACTION: Final = -1
NO_SCORE_SET: Final = -1
EVERYWHERE: Final = -1
SCORE_MAX: Final = 100

_GOLDEN: Final = np.uint64(0xBF58476D1CE4E5B9)
_SILVER: Final = np.uint64(0x94D049BB133111EB)
_DROPPED: Final = np.uint64(64 - SHARE_BITS)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


class RunningRules(NamedTuple):
    """The rules of a ruleset that run, each a place in these arrays."""

    rule: Int64s
    """Its number in the ruleset."""
    root: Int64s
    """The register of its condition."""
    is_live: Bools
    """False: shadow."""
    action: Int64s
    """In order of precedence, 0 wins; `NO_ACTION`."""
    adds: Int64s
    """To the score."""
    sets: Int64s
    """The score it sets, or `NO_SCORE_SET`."""
    starts: Int64s
    """Engine time, ms."""
    until: Int64s
    """Engine time, ms, at which it no longer runs."""
    below: UInt64s
    """Of `ALL_KEYS` hashes, those it looks at."""
    salt: UInt64s
    drawn: Int64s
    """Which of a payment's keys: `BY_PAYMENT`, `BY_CARD`."""
    within: Int64s
    """The set of merchants it looks at, or `EVERYWHERE`."""
    besides: Int64s
    """Sets of merchants that narrower rules look at, rule by rule."""
    first: Int64s
    """Where each rule's begin in `besides`, and the last one's end."""


class Outcomes(NamedTuple):
    """What is filled in of n rows."""

    hits: Bools
    """Shape (rules, n)."""
    shadow: Bools
    """Shape (rules, n)."""
    errors: Bools
    """Errors of live rules, shape (rules, n)."""
    score: Int64s
    actions: Bools
    """Which actions are asked for, shape (actions, n)."""
    deciding: Int64s
    """The first rule that asks for the action that wins, or -1."""


def rule_hits(
    program: Program,
    rules: RunningRules,
    matrix: Floats,
    leaves: LeafValues,
    times: Int64s,
    keys: UInt64s,
    merchants: tuple[Int64s, Bools],
    errors: Bools,
    actions: int,
    count: int,
) -> Outcomes:
    """What `count` rules do about the rows. `errors`: where a rule cannot be asked, shape (rules, n), or
    (0, n) where all can. `keys`: as `share_keys` gives them.
    """
    n = len(times)
    found = Outcomes(
        np.zeros((count, n), np.bool_),
        np.zeros((count, n), np.bool_),
        np.zeros((count, n), np.bool_),
        np.zeros(n, np.int64),
        np.zeros((actions, n), np.bool_),
        np.full(n, -1, np.int64),
    )
    _rule_hits(
        program.code, program.constants, program.members, program.sets, matrix, leaves.values,
        rules, times, keys, *merchants, errors, found,
    )  # fmt: skip
    return found


def step_values(program: Program, matrix: Floats, leaves: LeafValues) -> Floats:
    """The value of every step, shape (n, steps)."""
    out = np.empty((leaves.values.shape[1], program.steps))
    _step_values(program.code, program.constants, program.members, program.sets, matrix, leaves.values, out)
    return out


@inlined
def _is_among(value: float, members: Floats, first: int, end: int) -> bool:
    """By halving; NaN is nowhere."""
    while first < end:
        middle = (first + end) >> 1
        if members[middle] < value:
            first = middle + 1
        elif members[middle] > value:
            end = middle
        else:
            return bool(members[middle] == value)
    return False


@inlined
def _evaluate(  # noqa: PLR0912 - one instruction a branch
    code: UInt32s,
    registers: Floats,
    members: Floats,
    sets: Int64s,
    matrix: Floats,
    leaves: Floats,
    start: int,
    rows: int,
) -> None:
    """Runs the instructions for a block of rows: each is decoded once, and its loop becomes vectors."""
    for at in range(code.shape[0]):
        what, to, left, right, third = code[at, 0], code[at, 1], code[at, 2], code[at, 3], code[at, 4]
        if what == FEATURE:
            for r in range(rows):
                registers[to, r] = matrix[start + r, left]
        elif what == LEAF:
            for r in range(rows):
                registers[to, r] = leaves[left, start + r]
        elif what == COPY:
            for r in range(rows):
                registers[to, r] = registers[left, r]
        elif what == ADD:
            for r in range(rows):
                registers[to, r] = registers[left, r] + registers[right, r]
        elif what == SUBTRACT:
            for r in range(rows):
                registers[to, r] = registers[left, r] - registers[right, r]
        elif what in (MULTIPLY, AND):
            for r in range(rows):
                registers[to, r] = registers[left, r] * registers[right, r]
        elif what == DIVIDE:
            for r in range(rows):
                divisor = registers[right, r]
                registers[to, r] = registers[left, r] / divisor if divisor != 0.0 else np.nan
        elif what == NEGATE:
            for r in range(rows):
                registers[to, r] = -registers[left, r]
        elif what == LESS:
            for r in range(rows):
                registers[to, r] = 1.0 if registers[left, r] < registers[right, r] else 0.0
        elif what == LESS_EQUAL:
            for r in range(rows):
                registers[to, r] = 1.0 if registers[left, r] <= registers[right, r] else 0.0
        elif what == EQUAL:
            for r in range(rows):
                registers[to, r] = 1.0 if registers[left, r] == registers[right, r] else 0.0
        elif what == NOT_EQUAL:
            for r in range(rows):
                less = registers[left, r] < registers[right, r]
                registers[to, r] = 1.0 if less | (registers[left, r] > registers[right, r]) else 0.0
        elif what == GREATER_EQUAL:
            for r in range(rows):
                registers[to, r] = 1.0 if registers[left, r] >= registers[right, r] else 0.0
        elif what == GREATER:
            for r in range(rows):
                registers[to, r] = 1.0 if registers[left, r] > registers[right, r] else 0.0
        elif what == OR:
            for r in range(rows):
                registers[to, r] = 1.0 if registers[left, r] + registers[right, r] > 0.0 else 0.0
        elif what == NOT:
            for r in range(rows):
                registers[to, r] = 1.0 - registers[left, r]
        elif what == KNOWN:
            for r in range(rows):
                registers[to, r] = 1.0 if registers[left, r] == registers[left, r] else 0.0
        elif what == AMONG:
            for r in range(rows):
                is_in = _is_among(registers[left, r], members, sets[right], sets[right + 1])
                registers[to, r] = 1.0 if is_in else 0.0
        elif what == SELECT:
            for r in range(rows):
                chosen = registers[right, r] if registers[left, r] == 1.0 else registers[third, r]
                registers[to, r] = chosen


@inlined
def _prepare(registers: Floats, constants: Floats, rows: int) -> None:
    """Constants into their registers; those of steps are written before they are read."""
    for at in range(constants.shape[0]):
        for r in range(rows):
            registers[at, r] = constants[at]


@inlined
def _is_sampled(key: np.uint64, salt: np.uint64, below: np.uint64) -> bool:
    """By `splitmix64` of `models.kernels.stable_hash`."""
    word = key ^ salt
    word = (word ^ (word >> _30)) * _GOLDEN
    word = (word ^ (word >> _27)) * _SILVER
    word = word ^ (word >> _31)
    return bool((word >> _DROPPED) < below)


@inlined
def _looks(
    rules: RunningRules, index: int, row: int, time: int, keys: UInt64s, merchant: int, is_in: Bools
) -> bool:
    """Whether a rule looks at this payment."""
    if time < rules.starts[index] or time >= rules.until[index]:
        return False
    if rules.within[index] != EVERYWHERE and not is_in[merchant, rules.within[index]]:
        return False
    for other in range(rules.first[index], rules.first[index + 1]):
        if is_in[merchant, rules.besides[other]]:
            return False
    if rules.below[index] == _ALL:
        return True
    return _is_sampled(keys[rules.drawn[index], row], rules.salt[index], rules.below[index])


@inlined
def _ask(
    rules: RunningRules,
    index: int,
    registers: Floats,
    start: int,
    rows: int,
    times: Int64s,
    keys: UInt64s,
    merchants: Int64s,
    is_in: Bools,
    errors: Bools,
    sums: Int64s,
    first: Int64s,
    outcomes: Outcomes,
) -> None:
    """One rule about each row of a block. `sums`: score so far, and the score that was set."""
    rule, root, action = rules.rule[index], rules.root[index], rules.action[index]
    may_err = errors.shape[0] > 0
    for r in range(rows):
        if registers[root, r] != 1.0 and not may_err:
            continue
        row = start + r
        errs = may_err and errors[rule, row]
        if registers[root, r] != 1.0 and not errs:
            continue
        if not _looks(rules, index, row, times[row], keys, merchants[row], is_in):
            continue
        if errs:
            outcomes.errors[rule, row] = rules.is_live[index]
        elif not rules.is_live[index]:
            outcomes.shadow[rule, row] = True
        else:
            outcomes.hits[rule, row] = True
            sums[0, r] += rules.adds[index]
            sums[1, r] = max(sums[1, r], rules.sets[index])
            if action != NO_ACTION and first[action, r] < 0:
                first[action, r] = rule


@inlined
def _conclude(sums: Int64s, first: Int64s, start: int, rows: int, outcomes: Outcomes) -> None:
    """Score and actions of a block's rows, once all rules were asked."""
    for r in range(rows):
        row, set_to = start + r, sums[1, r]
        outcomes.score[row] = min(max(sums[0, r], 0), SCORE_MAX) if set_to == NO_SCORE_SET else set_to
        for action in range(first.shape[0] - 1, -1, -1):
            if first[action, r] >= 0:
                outcomes.actions[action, row] = True
                outcomes.deciding[row] = first[action, r]


@kernel
def _rule_hits(
    code: UInt32s,
    constants: Floats,
    members: Floats,
    sets: Int64s,
    matrix: Floats,
    leaves: Floats,
    rules: RunningRules,
    times: Int64s,
    keys: UInt64s,
    merchants: Int64s,
    is_in: Bools,
    errors: Bools,
    outcomes: Outcomes,
) -> None:
    """Block by block the program, then rule by rule its rows. Lower rules come first: the first to ask for an
    action decides.
    """
    n, block = times.shape[0], min(times.shape[0], BLOCK)
    registers = np.empty((constants.shape[0], block))
    sums, first = np.empty((2, block), np.int64), np.empty((outcomes.actions.shape[0], block), np.int64)
    _prepare(registers, constants, block)
    for start in range(0, n, BLOCK):
        rows = min(n - start, BLOCK)
        _evaluate(code, registers, members, sets, matrix, leaves, start, rows)
        sums[0, :], sums[1, :], first[:] = 0, NO_SCORE_SET, -1
        for index in range(rules.rule.shape[0]):
            _ask(
                rules, index, registers, start, rows, times, keys, merchants, is_in, errors, sums, first,
                outcomes,
            )  # fmt: skip
        _conclude(sums, first, start, rows, outcomes)


@kernel
def _step_values(
    code: UInt32s,
    constants: Floats,
    members: Floats,
    sets: Int64s,
    matrix: Floats,
    leaves: Floats,
    out: Floats,
) -> None:
    n, block = out.shape[0], min(out.shape[0], BLOCK)
    registers = np.empty((constants.shape[0], block))
    _prepare(registers, constants, block)
    for start in range(0, n, BLOCK):
        rows = min(n - start, BLOCK)
        _evaluate(code, registers, members, sets, matrix, leaves, start, rows)
        for r in range(rows):
            for step in range(out.shape[1]):
                out[start + r, step] = registers[step, r]


def warm() -> None:
    """Compiles the kernels, or loads them from the cache, before the first payment."""
    none, nothing = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    rules = RunningRules(
        none, none, np.zeros(0, np.bool_), none, none, none, none, none, nothing, nothing, none, none,
        none, np.zeros(1, np.int64),
    )  # fmt: skip
    program = Program(
        np.zeros((0, 5), np.uint32), np.zeros(0), np.zeros(0), np.zeros(1, np.int64), 0, LeafPlan((), {})
    )
    leaves = LeafValues(np.zeros((0, 1)), {})
    one, nowhere = np.zeros(1, np.int64), (np.zeros(1, np.int64), np.zeros((1, 0), np.bool_))
    rule_hits(
        program, rules, np.zeros((1, 0)), leaves, one, np.zeros((1, 1), np.uint64), nowhere,
        np.zeros((0, 1), np.bool_), 1, 0,
    )  # fmt: skip
    step_values(program, np.zeros((1, 0)), leaves)
