"""The order in which several inputs are applied."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.input.merge import InputHead, cut_short_by, merged


@dataclass(frozen=True)
class InputRecord:
    """A fake Kafka message; its value says where it came from."""

    where: int
    appended: int

    def value(self) -> bytes:
        return f"{self.appended}".encode()

    def offset(self) -> int:
        return self.where

    def timestamp(self) -> tuple[int, int]:
        return 2, self.appended

    def __len__(self) -> int:
        return len(self.value())


def head(rank: int, times: list[int], at_end: bool = True) -> InputHead:
    made = InputHead(f"t{rank}", 0, rank)
    for offset, time in enumerate(times):
        made.receive(InputRecord(offset, time))
    made.at_end = at_end
    return made


def test_smallest_append_timestamp_comes_first_and_ties_go_by_rank() -> None:
    batch = merged([head(0, [5, 9]), head(1, [1, 5, 5]), head(2, [5])], 100)
    order = [(run.topic, batch.appended[run.first : run.last]) for run in batch.runs]
    assert order == [("t1", [1]), ("t0", [5]), ("t1", [5, 5]), ("t2", [5]), ("t0", [9])]


def test_an_empty_head_that_lags_is_waited_for() -> None:
    lagging = head(0, [], at_end=False)
    payments = head(1, [1, 2])
    assert len(merged([lagging, payments], 100)) == 0
    lagging.at_end = True
    assert merged([lagging, payments], 100).appended == [1, 2]


def test_merging_stops_where_a_lagging_head_runs_dry() -> None:
    labels = head(0, [3], at_end=False)
    payments = head(1, [1, 2, 4, 5])
    assert merged([labels, payments], 100).appended == [1, 2, 3]
    assert [record.timestamp()[1] for record in payments.records] == [4, 5]


def test_heads_that_would_end_a_batch_before_others_records_are_named() -> None:
    labels, outcomes, payments = head(0, [3], at_end=False), head(1, [9], at_end=False), head(2, [1, 4])
    assert cut_short_by([labels, outcomes, payments], 100) == [labels]
    assert cut_short_by([labels, head(1, [], at_end=False), payments], 100) == []
    assert cut_short_by([labels, payments], 1) == []
    labels.looked_at = 1
    assert cut_short_by([labels, payments], 100) == []


HEADS = st.lists(
    st.tuples(st.lists(st.integers(0, 9), max_size=5).map(sorted), st.booleans()), min_size=1, max_size=4
)


@given(HEADS)
def test_once_these_are_known_to_have_ended_one_batch_holds_all(drawn: list[tuple[list[int], bool]]) -> None:
    heads = [head(rank, times, at_end or not times) for rank, (times, at_end) in enumerate(drawn)]
    for each in cut_short_by(heads, 100):
        each.at_end = True
    assert len(merged(heads, 100)) == sum(len(times) for times, _ in drawn)


def test_limit_is_kept_and_the_rest_stays() -> None:
    heads = [head(0, [1, 3]), head(1, [2, 4])]
    assert merged(heads, 3).appended == [1, 2, 3]
    assert merged(heads, 3).appended == [4]


@given(st.lists(st.lists(st.integers(0, 20)), min_size=1, max_size=4), st.integers(1, 7))
def test_batches_of_any_size_give_the_order_of_a_stable_merge(streams: list[list[int]], limit: int) -> None:
    times = [sorted(stream) for stream in streams]
    heads = [head(rank, stream) for rank, stream in enumerate(times)]
    taken = []
    while batch := merged(heads, limit):
        taken += [(batch.appended[i], run.topic) for run in batch.runs for i in range(run.first, run.last)]
    assert taken == sorted((time, f"t{rank}") for rank, stream in enumerate(times) for time in stream)
