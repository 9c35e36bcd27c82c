"""A record that kills the engine is found and skipped; nothing else ever is."""

from pathlib import Path

from streams.engine.input.poison import CRASHES_MAX, PoisonGuard


class KilledError(Exception):
    """The process died."""


class FakeEngine:
    """Applies records in batches of four; dies on those in `poison`. Its `log` is the journal."""

    def __init__(self, path: Path, poison: set[str], records: list[str]) -> None:
        self.path, self.poison, self.records = path, poison, records
        self.log: list[list[str]] = []
        self.skipped: list[str] = []
        self.done = 0

    def life(self) -> None:
        guard = PoisonGuard(self.path, len(self.log), 4)
        while self.done < len(self.records):
            batch = self.records[self.done : self.done + (1 if guard.one_at_a_time else 4)]
            if guard.before(len(self.log), batch[0]):
                self.skipped.append(batch[0])
            elif self.poison & set(batch):
                raise KilledError
            guard.after()
            self.log.append(batch)
            self.done += len(batch)

    def lives(self) -> int:
        """Runs until all is done; returns how often it died."""
        for deaths in range(100):
            try:
                self.life()
            except KilledError:
                continue
            return deaths
        raise AssertionError("never got through")


RECORDS = [f"r{i}" for i in range(20)]


def test_the_poisonous_record_alone_is_skipped(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "mark", {"r9"}, RECORDS)
    assert engine.lives() <= 2 * CRASHES_MAX + 1
    assert engine.skipped == ["r9"]
    assert [record for batch in engine.log for record in batch] == RECORDS


def test_several_in_one_batch_are_each_found(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "mark", {"r8", "r9", "r19"}, RECORDS)
    engine.lives()
    assert engine.skipped == ["r8", "r9", "r19"]


def test_deaths_outside_apply_never_lead_to_a_skip(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    for _ in range(10):
        guard = PoisonGuard(path, 7, 4)
        assert not guard.one_at_a_time
        assert not guard.before(7, "r1")
        guard.after()


def test_deaths_at_different_places_do_not_add_up(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    for number in range(10):
        guard = PoisonGuard(path, number, 4)
        assert not guard.one_at_a_time
        guard.before(number, "r1")


def test_a_torn_mark_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    path.write_bytes(b'{"number": 3, "dea')
    assert not PoisonGuard(path, 3, 4).one_at_a_time


def test_no_record_is_skipped_for_what_is_not_its_fault(tmp_path: Path) -> None:
    """Memory that is full ends the engine at whatever payment comes."""
    path = tmp_path / "poison.json"
    for _ in range(3 * CRASHES_MAX):
        guard = PoisonGuard(path, 0, 4)
        assert not guard.before(0, "payments@0")
        guard.blameless()
    assert not PoisonGuard(path, 0, 4).one_at_a_time
