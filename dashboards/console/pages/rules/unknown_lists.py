"""Lists that rules ask for and nobody ever put a value on: often a slip of the pen, never an error."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

ASKED: Final = re.compile(r"""\blist\(\s*(["'])(.{1,128}?)\1\s*\)""")


def unknown_lists(document: Mapping[str, Any], known: Iterable[str]) -> list[tuple[str, str]]:
    """Each with the closest name there is, or nothing. Lists that the rules fill themselves are known.

    >>> rule = {"when": 'card in list("blokced") or ip in list("seen")', "put_on_list": {"list": "seen"}}
    >>> unknown_lists({"rules": [rule]}, ["blocked"])
    [('blokced', 'blocked')]
    """
    rules = document.get("rules", ())
    there = {*known, *(rule["put_on_list"]["list"] for rule in rules if rule.get("put_on_list"))}
    asked = dict.fromkeys(name for rule in rules for _, name in ASKED.findall(str(rule.get("when", ""))))
    return [(name, _closest(name, there)) for name in asked if name not in there]


def _closest(name: str, there: set[str]) -> str:
    return next(iter(get_close_matches(name, sorted(there), 1)), "")
