"""Records that crash the engine: isolated one by one, then skipped and reported.

Invariants
- A record is skipped only after `CRASHES_MAX` deaths of the process *while that very record was applied
  alone*.
- The count is in a small durable file next to the snapshots: it survives what it counts. A death outside
  `apply` (an operator's kill, a broker outage) leaves no mark.
- What ends the engine by its settings (`blameless`) is no record's fault, however often it does.
- After `CRASHES_MAX` deaths in the first batch after one journal position, records are applied one at a
  time, each marked before and unmarked after, until a batch's worth has gone through. That finds the record
  in one more round of deaths, where halving the range would take a round for every halving.
"""

from pathlib import Path

import msgspec

from storage import write_atomically

CRASHES_MAX = 3


class PoisonMark(msgspec.Struct):
    """What was being applied: the range after journal batch `number`, or one record of it."""

    number: int
    record: str | None = None
    deaths: int = 0
    applying: bool = False


class PoisonGuard:
    """Marks what is being applied, and decides after a crash how carefully to continue."""

    def __init__(self, path: Path, number: int, cautious_records: int) -> None:
        """`number` is the last journalled batch; `cautious_records` how many to apply singly after
        crashes.
        """
        self._path = path
        self._mark = self._read(number)
        if self._mark.applying:
            self._mark.deaths += 1
            self._mark.applying = False
        self._singly = cautious_records if self._mark.deaths >= CRASHES_MAX or self._mark.record else 0
        self._first = True

    def _read(self, number: int) -> PoisonMark:
        try:
            mark = msgspec.json.decode(self._path.read_bytes(), type=PoisonMark)
        except (FileNotFoundError, msgspec.MsgspecError):
            return PoisonMark(number)
        return mark if mark.number == number else PoisonMark(number)

    @property
    def one_at_a_time(self) -> bool:
        """Whether the next batch must hold one record only."""
        return self._singly > 0

    def before(self, number: int, record: str) -> bool:
        """Marks that `record` (first of the batch after `number`) is about to be applied.

        Returns whether it must be skipped instead.
        """
        if self.one_at_a_time:
            same = self._mark.record == record and self._mark.number == number
            self._mark = PoisonMark(number, record, self._mark.deaths if same else 0)
            if self._mark.deaths >= CRASHES_MAX:
                return True
            self._write(applying=True)
        elif self._first:
            self._write(applying=True)
        return False

    def after(self) -> None:
        """The batch was applied."""
        if self._singly:
            self._singly -= 1
            self._mark = PoisonMark(self._mark.number, None, 0)
            self._write(applying=False)
        elif self._first:
            self._write(applying=False)
        self._first = False

    def blameless(self) -> None:
        """What is being applied ends the process, and would whatever record it was."""
        self._write(applying=False)

    def _write(self, applying: bool) -> None:
        self._mark.applying = applying
        write_atomically(self._path, msgspec.json.encode(self._mark), durable=True)
