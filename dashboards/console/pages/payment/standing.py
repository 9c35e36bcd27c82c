"""Which label of a payment counts, and what does not count beside it, in words.

By strength of the evidence, as the label agent decides (`models.labels.strength`, docs/labels.md): training,
reports and the features that rules and models read go by the same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dashboards.console.pages.payment.words import source_words

Row = Mapping[str, Any]
GO_BY_IT: Final = "Training, reports and the features that rules and models read go by it."
LEFT_OUT: Final = (
    "No label counts: the evidence does not say any more what it was. Training and reports leave it out."
)


@dataclass(frozen=True)
class StandingLabel:
    """The label that counts.

    why       by which evidence
    used_for  who goes by it
    beside    sentences about what says something else and does not count
    """

    label: str
    why: str
    known_at: datetime
    is_final: bool
    used_for: str
    beside: tuple[str, ...]


def standing_label(labels: Sequence[Row], reviews: Sequence[Row]) -> StandingLabel | None:
    """The label that counts, of the attempt that was labelled last; None while there is none. `labels` in the
    order in which they became known, `reviews` what analysts concluded.
    """
    if not labels:
        return None
    label, attempt = str(labels[-1]["stands_after"]), labels[-1]["attempt"]
    same = [each for each in labels if each["attempt"] == attempt]
    made_it = [each for each in same if each["label"] == label] or same
    row = max(made_it, key=lambda each: (each["strength"], each["known_at"]))
    source = str(row["source"])
    beside = [*_other_labels(same, label, source), *_other_verdicts(reviews, label, source)]
    return StandingLabel(
        label, source_words(source), row["known_at"], bool(row["final"]),
        LEFT_OUT if label == "unknown" else GO_BY_IT, tuple(dict.fromkeys(beside)),
    )  # fmt: skip


def _other_labels(labels: Sequence[Row], label: str, source: str) -> list[str]:
    return [
        f"It was {each['label']} by {source_words(str(each['source']))} before: {_yields(source)}."
        for each in labels
        if each["label"] != label and each["source"] not in ("review", "analyst")
    ]


def _other_verdicts(reviews: Sequence[Row], label: str, source: str) -> list[str]:
    return [
        f"The verdict {each['label']} of {each['author']} does not count: {_yields(source)}."
        for each in reviews
        if each["label"] != label
    ]


def _yields(source: str) -> str:
    """Why something else does not count beside a label of this source.

    >>> _yields("chargeback"), _yields("analyst")
    ('it yields to a chargeback', 'it yields to a later verdict, or one given with the dispute known')
    """
    if source == "review":
        return "it yields to a later verdict"
    if source == "analyst":
        return "it yields to a later verdict, or one given with the dispute known"
    return f"it yields to {source_words(source)}"
