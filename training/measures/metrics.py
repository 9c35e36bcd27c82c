"""Figures of scored payments: how well frauds are found, how well probabilities are calibrated.

All take arrays of one length n: `score` (any number, higher is worse) or `probability` (0..1), `fraud`
(bool), and, where it is given, `weight` (how many payments each stands for). A figure that is not defined (no
fraud, say) is NaN.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from models.arrays import Bools, Floats
from training.measures.platt_scaling import line, log_odds

CARDS: Final = 100
"""Cards a day that a team can look into (Fraud Detection Handbook, chapter 4)."""
ALERTS: Final = (0.001, 0.005, 0.01)
"""Shares of payments that raise an alert."""
TOP: Final = 0.01
NAN: Final = float("nan")


def roc_auc(score: Floats, fraud: Bools, weight: Floats | None = None) -> float:
    """Chance that a fraud scores above a legitimate payment, ties counting half.

    >>> roc_auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    return float(roc_auc_score(fraud, score, sample_weight=weight)) if _both(fraud) else NAN


def average_precision(score: Floats, fraud: Bools, weight: Floats | None = None) -> float:
    """Precision averaged over the recalls at which it is read: equal scores are one threshold."""
    return float(average_precision_score(fraud, score, sample_weight=weight)) if fraud.any() else NAN


def card_precision(
    score: Floats, fraud: Bools, day: NDArray[np.int64], card: NDArray[np.int64], cards: int = CARDS
) -> float:
    """Card precision@k: per day, the share with a fraud among the k cards of highest score (a card's is its
    highest of the day), averaged over days; a card that was found leaves the later days (Fraud Detection
    Handbook, chapter 4).

    >>> score, fraud = np.array([0.9, 0.2, 0.8, 0.7]), np.array([True, False, True, False])
    >>> card_precision(score, fraud, np.array([0, 0, 1, 1]), np.array([7, 8, 7, 9]), cards=1)
    0.5
    """
    found: set[int] = set()
    shares = []
    for one in np.unique(day):
        rows = np.flatnonzero((day == one) & ~np.isin(card, list(found)))
        names, place = np.unique(card[rows], return_inverse=True)
        highest = np.full(len(names), -np.inf)
        np.maximum.at(highest, place, score[rows])
        is_fraud = np.zeros(len(names), np.bool_)
        np.logical_or.at(is_fraud, place, fraud[rows])
        first = np.argsort(-highest, kind="stable")[:cards]
        shares.append(float(is_fraud[first].sum()) / cards)
        found |= set(names[first][is_fraud[first]].tolist())
    return float(np.mean(shares)) if shares else NAN


def alerts(score: Floats, share: float) -> NDArray[np.int64]:
    """Rows of the payments of highest score: `share` of all, at least one, ties by their order."""
    return np.argsort(-score, kind="stable")[: max(1, round(share * len(score)))]


def recall(score: Floats, fraud: Bools, share: float, value: Floats | None = None) -> float:
    """Share of frauds (of their `value`, where given) among the `share` of payments with the highest score.

    >>> recall(np.array([4.0, 3, 2, 1]), np.array([True, False, True, False]), 0.25)
    0.5
    """
    worth = fraud.astype(np.float64) if value is None else np.where(fraud, value, 0.0)
    total = float(worth.sum())
    return float(worth[alerts(score, share)].sum()) / total if total > 0 else NAN


def calibration(probability: Floats, fraud: Bools, weight: Floats | None = None) -> tuple[float, float]:
    """Slope and intercept of a logistic regression of fraud on the log-odds: 1 and 0 are calibrated (Cox
    1958).

    A slope below 1: the probabilities are too extreme.
    """
    return line(log_odds(probability), fraud.astype(np.float64), weight) if _both(fraud) else (NAN, NAN)


def top_percent(probability: Floats, fraud: Bools, weight: Floats | None = None) -> float:
    """Predicted over observed frauds among the 1 % of highest probability (all that tie with the last)."""
    weights = np.ones(len(fraud)) if weight is None else weight
    rows = top_rows(probability, weights)
    observed = float((weights * fraud)[rows].sum())
    return float((weights * probability)[rows].sum()) / observed if observed > 0 else NAN


def top_rows(probability: Floats, weight: Floats) -> Bools:
    """The 1 % of highest probability, and all that tie with the last of them; none of none."""
    if not len(probability):
        return np.zeros(0, np.bool_)
    order = np.argsort(-probability, kind="stable")
    last = int(np.searchsorted(np.cumsum(weight[order]), TOP * weight.sum()))
    return np.asarray(probability >= probability[order[min(last, len(order) - 1)]])


def log_loss_skill(probability: Floats, fraud: Bools, weight: Floats | None = None) -> float:
    """1 - log loss over that of the base rate for all: 0 says no more than the base rate, 1 is perfect."""
    if not _both(fraud):
        return NAN
    rate = float(np.average(fraud, weights=weight))
    base = _log_loss(np.full(len(fraud), rate), fraud, weight)
    return 1 - _log_loss(probability, fraud, weight) / base


def _log_loss(probability: Floats, fraud: Bools, weight: Floats | None) -> float:
    p = np.clip(probability, 1e-15, 1 - 1e-15)
    return float(np.average(-np.where(fraud, np.log(p), np.log1p(-p)), weights=weight))


def _both(fraud: Bools) -> bool:
    return bool(fraud.any() and not fraud.all())
