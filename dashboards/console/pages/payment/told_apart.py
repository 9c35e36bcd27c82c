"""Ids and tokens cut so that different ones differ on the page."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from dashboards.console.pages.payment.words import masked

HEAD: Final = 5
TAIL_MIN: Final = 4
WHOLE_MAX: Final = 18
"""An id of so many characters is shown whole."""


def cut_ids(ids: Collection[str]) -> dict[str, str]:
    """Ids of payments, the long ones with their middle left out.

    >>> cut_ids(["order-1", "pay_2026_0000000000001_a", "pay_2026_0000000000002_a"])["order-1"]
    'order-1'
    >>> list(cut_ids(["pay_2026_000000000000001", "pay_2026_000000000000002"]).values())
    ['pay_2…000000000001', 'pay_2…000000000002']
    """
    return _apart(ids, 12, lambda text, tail: text[:HEAD] + "…" + text[-tail:], WHOLE_MAX)


def cut_tokens(tokens: Collection[str], *, is_shown: bool) -> Mapping[str, str]:
    """Tokens by their last characters: four, or as many as it takes. For who may not see tokens always four,
    with a number where two of them have the same.

    >>> list(cut_tokens(["tok_a_1234", "tok_b_1234"], is_shown=True).values())
    ['…a_1234', '…b_1234']
    >>> list(cut_tokens(["tok_a_1234", "tok_b_1234"], is_shown=False).values())
    ['…1234', '…1234 (2)']
    """
    if is_shown:
        return _apart(tokens, TAIL_MIN, lambda text, tail: "…" + text[-tail:], TAIL_MIN)
    cut: dict[str, str] = {}
    for token in dict.fromkeys(tokens):
        alike = sum(masked(token) == masked(other) for other in cut)
        cut[token] = f"{masked(token)} ({alike + 1})" if alike else masked(token)
    return cut


def _apart(
    texts: Collection[str], tail: int, cut: Callable[[str, int], str], whole_max: int
) -> dict[str, str]:
    """The shortest cut by which all differ."""
    different = list(dict.fromkeys(texts))
    longest = max(map(len, different), default=0)
    while tail < longest:
        found = {text: cut(text, tail) if len(text) > max(whole_max, tail) else text for text in different}
        if len(set(found.values())) == len(different):
            return found
        tail += 1
    return {text: text for text in different}
