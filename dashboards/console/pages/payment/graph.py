"""Linked payments as a small graph: this payment in the middle, its tokens around it, other payments beyond
them.

Pure: places are whole numbers that follow from the input alone. The template draws them as SVG.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any, Final

from dashboards.console.pages.payment.address import payment_address
from dashboards.console.pages.payment.words import ENTITIES

NODES_MAX: Final = 50
WIDTH: Final = 680
HEIGHT: Final = 460
TOKENS_MAX: Final = 6
LINKED_MAX: Final = NODES_MAX - 1 - TOKENS_MAX
RINGS: Final = (0.72, 0.96, 0.84)
"""How far out payments stand, one after the other, so that neighbours do not cover each other."""
INNER: Final = 0.38


@dataclass(frozen=True)
class Node:
    """kind: this, token or payment. `shape` is the verdict of a payment."""

    x: int
    y: int
    kind: str
    name: str
    title: str
    shape: str = ""
    label: str = ""
    href: str = ""


@dataclass(frozen=True)
class Edge:
    """A line from a token to a payment."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True)
class PaymentGraph:
    """What is drawn; `hidden` is how many linked payments are not."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    hidden: int


def payment_graph(
    decision: Mapping[str, Any],
    tokens: Mapping[str, str],
    linked: Sequence[Mapping[str, Any]],
    labels: Mapping[tuple[str, str], str],
    wordings: Mapping[str, str],
    cards: Mapping[tuple[str, str], str] | None = None,
) -> PaymentGraph:
    """`tokens` and what each is written as (`wordings`), by entity; `linked` as the query gives them; `cards`
    as they are written, by account and id of their payments.
    """
    shown = list(linked)[:LINKED_MAX]
    centre = _node((WIDTH // 2, HEIGHT // 2), decision, labels, "this")
    places = _token_places(list(tokens))
    token_nodes = {
        entity: Node(x, y, "token", ENTITIES[entity], f"{ENTITIES[entity]}: {wordings[entity]}")
        for entity, (x, y) in places.items()
    }
    edges = [Edge(centre.x, centre.y, node.x, node.y) for node in token_nodes.values()]
    payments = []
    for row, place in zip(shown, _payment_places(shown, list(tokens)), strict=True):
        node = _node(place, row, labels, "payment", cards)
        payments.append(node)
        edges += [
            Edge(token_nodes[entity].x, token_nodes[entity].y, node.x, node.y)
            for entity in row["shared"]
            if entity in token_nodes
        ]
    total = int(linked[0]["linked"]) if linked else 0
    return PaymentGraph([centre, *token_nodes.values(), *payments], edges, total - len(shown))


def _token_places(entities: Sequence[str]) -> dict[str, tuple[int, int]]:
    return {entity: _at(_angle(number, len(entities)), INNER) for number, entity in enumerate(entities)}


def _payment_places(rows: Sequence[Mapping[str, Any]], entities: Sequence[str]) -> list[tuple[int, int]]:
    """Payments lie in order of the token that they share first, spread evenly around the whole."""
    order = sorted(
        range(len(rows)),
        key=lambda number: (
            min((entities.index(e) for e in rows[number]["shared"] if e in entities), default=0),
            number,
        ),
    )
    places = [(0, 0)] * len(rows)
    for position, number in enumerate(order):
        places[number] = _at(_angle(position, len(rows)), RINGS[position % len(RINGS)])
    return places


def _angle(number: int, count: int) -> float:
    """From the top on, clockwise."""
    return 2 * pi * number / max(count, 1) - pi / 2


def _at(angle: float, distance: float) -> tuple[int, int]:
    x = WIDTH / 2 + cos(angle) * distance * (WIDTH / 2 - 24)
    return round(x), round(HEIGHT / 2 + sin(angle) * distance * (HEIGHT / 2 - 24))


def _node(
    place: tuple[int, int],
    row: Mapping[str, Any],
    labels: Mapping[tuple[str, str], str],
    kind: str,
    cards: Mapping[tuple[str, str], str] | None = None,
) -> Node:
    account, payment_id = str(row["merchant_account"]), str(row["payment_id"])
    label, verdict = labels.get((account, payment_id), ""), str(row["verdict"])
    card = (cards or {}).get((account, payment_id), "")
    words = f"{payment_id}: {verdict}" + (f", {label}" if label else "") + (f", card {card}" if card else "")
    href = payment_address(account, payment_id) if kind == "payment" else ""
    return Node(*place, kind, payment_id, words, verdict, label, href)
