"""Walking forward: what is scored, by what was known, and that nothing later leaks into it."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from tests.training.histories import DAY_MS, START, SmallHistory, small_history
from training.dataset.history import column
from training.dataset.labels import AttemptLabels
from training.dataset.settings import DatasetSettings
from training.errors import NotTrainable
from training.fit.boosting import BoostSettings, TrainingRows
from training.fit.references import DEFAULTS, LOGISTIC, OURS
from training.fit.tuning import clearly_best
from training.fit.walk_forward import WalkPlan, WalkResult, walk

PLAN = WalkPlan(
    START + 42 * DAY_MS, START + 56 * DAY_MS, delay_ms=7 * DAY_MS, retrain_ms=7 * DAY_MS, tune=1,
    references=False, boost=BoostSettings(trees=20, leaves=4, leaf_rows=20),
)  # fmt: skip


@pytest.fixture(scope="module")
def history() -> SmallHistory:
    return small_history()


@pytest.fixture(scope="module")
def walked(history: SmallHistory) -> WalkResult:
    return walk(history, PLAN)


def shuffled_after(history: SmallHistory, released_until: int) -> SmallHistory:
    """Labels not released by then, permuted among themselves."""
    fraud = column(history.evidence, "label") == "fraud"
    late = np.flatnonzero(column(history.evidence, "known_at") > released_until)
    permuted = fraud.copy()
    permuted[late] = fraud[np.random.default_rng(5).permutation(late)]
    assert (permuted != fraud).sum() > 20
    return history.labelled(permuted)


def test_every_payment_of_the_time_is_scored_once(history: SmallHistory, walked: WalkResult) -> None:
    times = column(history.attempts, "occurred_at")
    assert walked.rows.tolist() == np.flatnonzero((times >= PLAN.start) & (times < PLAN.end)).tolist()
    assert [period.at for period in walked.periods] == [PLAN.start, PLAN.start + 7 * DAY_MS]
    assert ((walked.scores[OURS] > 0) & (walked.scores[OURS] < 1)).all()


def test_frauds_score_higher(history: SmallHistory, walked: WalkResult) -> None:
    fraud = (column(history.evidence, "label") == "fraud")[walked.rows]
    scores = walked.scores[OURS]
    assert scores[fraud].mean() > 2 * scores[~fraud].mean()
    assert scores.mean() == pytest.approx(fraud.mean(), rel=0.3)


def test_what_says_nothing_or_says_it_again_is_left_out(walked: WalkResult) -> None:
    assert walked.names == ("tells", "noise", "card_frauds_learned_lifetime")


def test_unreleased_labels_change_no_score(history: SmallHistory, walked: WalkResult) -> None:
    again = walk(shuffled_after(history, PLAN.retrainings[-1]), PLAN)
    assert again.scores[OURS].tobytes() == walked.scores[OURS].tobytes()


def test_a_later_weaker_label_changes_no_score(history: SmallHistory, walked: WalkResult) -> None:
    """A day after each final label comes one that is not final, and says legitimate."""
    later = history.evidence.to_pydict()
    later["known_at"] = [known_at + DAY_MS for known_at in later["known_at"]]
    later |= {
        "label": ["legitimate"] * len(later["row"]),
        "final": [False] * len(later["row"]),
    }
    weaker = pa.table(later, schema=history.evidence.schema)
    again = walk(replace(history, evidence=pa.concat_tables([history.evidence, weaker])), PLAN)
    assert again.scores[OURS].tobytes() == walked.scores[OURS].tobytes()


def test_what_comes_later_changes_no_earlier_score(history: SmallHistory, walked: WalkResult) -> None:
    times = column(history.attempts, "occurred_at")
    matrix = history.matrix.copy()
    matrix[times >= PLAN.retrainings[-1], 2:4] = 7.0  # the same again no more, and no constant
    scored = len(walked.periods[0].rows)
    other = walk(replace(history, matrix=matrix), PLAN)
    assert other.names == walked.names
    assert other.scores[OURS][:scored].tobytes() == walked.scores[OURS][:scored].tobytes()
    short = walk(history, msgspec.structs.replace(PLAN, end=PLAN.retrainings[-1]))
    assert short.scores[OURS].tobytes() == walked.scores[OURS][:scored].tobytes()


def test_labels_released_too_early_are_noticed(
    history: SmallHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above must fail where labels are used before they are known."""
    right = AttemptLabels.labels

    def early(labels: AttemptLabels, settings: DatasetSettings) -> Any:
        return right(labels, msgspec.structs.replace(settings, as_of=settings.as_of + 7 * DAY_MS))

    monkeypatch.setattr(AttemptLabels, "labels", early)
    leaky = walk(history, PLAN).scores[OURS]
    assert walk(shuffled_after(history, PLAN.retrainings[-1]), PLAN).scores[OURS].tobytes() != leaky.tobytes()


def test_a_later_period_learns_from_what_the_earlier_one_could_not_know(
    history: SmallHistory, walked: WalkResult
) -> None:
    first, second = walked.periods
    assert second.learned > first.learned
    times, known = column(history.attempts, "occurred_at"), column(history.evidence, "known_at")
    assert first.learned == int((known <= PLAN.start).sum())
    assert int(times[first.learned - 1]) <= PLAN.start - PLAN.delay_ms
    between = shuffled_after(history, PLAN.start)
    again = walk(between, PLAN)
    scored_first = len(first.rows)
    assert again.scores[OURS][:scored_first].tobytes() == walked.scores[OURS][:scored_first].tobytes()
    assert again.scores[OURS][scored_first:].tobytes() != walked.scores[OURS][scored_first:].tobytes()


def test_days_to_learn_from_are_counted_from_the_last_known_day(history: SmallHistory) -> None:
    plan = msgspec.structs.replace(PLAN, train_ms=14 * DAY_MS)
    times = column(history.attempts, "occurred_at")
    expected = [
        int(((times >= at - 21 * DAY_MS) & (times <= at - 7 * DAY_MS)).sum()) for at in plan.retrainings
    ]
    assert [period.learned for period in walk(history, plan).periods] == expected


def test_references_stand_beside(history: SmallHistory) -> None:
    found = walk(history, msgspec.structs.replace(PLAN, references=True, end=PLAN.start + 7 * DAY_MS))
    assert set(found.scores) == {OURS, DEFAULTS, LOGISTIC}
    assert len({len(score) for score in found.scores.values()}) == 1


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-40, "too few to learn from"),
        (400, "no payment is between"),
    ],
)
def test_too_little_to_learn_from_is_said(history: SmallHistory, days: int, words: str) -> None:
    plan = msgspec.structs.replace(
        PLAN, start=PLAN.start + days * DAY_MS, end=PLAN.start + (days + 7) * DAY_MS
    )
    with pytest.raises(NotTrainable, match=words):
        walk(history, plan)


def test_settings_replace_the_first_only_where_they_are_surely_better() -> None:
    draw = np.random.default_rng(8)
    n = 14 * 200
    times = START + np.sort(draw.integers(0, 14 * DAY_MS, n))
    fraud = draw.random(n) < 0.1
    held = TrainingRows(np.empty((n, 0)), fraud)
    first, equal, better = (gain * fraud + draw.standard_normal(n) for gain in (1.0, 1.0, 2.5))
    luckier = first + 0.001 * fraud
    assert clearly_best([first, equal, better, luckier], held, times) == 2
    assert [clearly_best([first, one], held, times) for one in (equal, -first)] == [0, 0]
    assert clearly_best([first, better], held, np.zeros_like(times)) == 0  # a day says nothing of others


def test_with_few_frauds_nothing_is_chosen_but_all_is_scored(history: SmallHistory) -> None:
    fraud = column(history.evidence, "label") == "fraud"
    few = history.labelled(fraud & (np.arange(len(fraud)) % 9 == 0))
    said: list[str] = []
    found = walk(few, PLAN, said.append)
    assert any("too few: they are those given" in words for words in said)
    assert found.boost == PLAN.boost
    assert found.trials == []
    assert len(found.scores[OURS]) == len(found.rows)


def test_one_class_only_is_said(history: SmallHistory) -> None:
    none = history.labelled(np.zeros(history.attempts.num_rows, np.bool_))
    with pytest.raises(NotTrainable, match="0 frauds"):
        walk(none, PLAN)
