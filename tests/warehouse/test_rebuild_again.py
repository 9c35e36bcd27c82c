"""A rebuild that is cut short anywhere, or asked for again and again, counts nothing twice."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.audit.compare import compare_with_log
from streams.warehouse.repair import Rebuild, warehouse_faults
from tests.support.log_damage import delete_records
from tests.warehouse.engine_output import EngineOutput
from tests.warehouse.rebuilding import COUNTED, ROWS, rebuilt
from tests.warehouse.sink_in_thread import sink_all

pytestmark = pytest.mark.kafka


def test_a_rebuild_can_be_repeated(kafka: str, own: Client, sunk: str, output: EngineOutput) -> None:
    for number in range(6):
        rebuilt(kafka, own, sunk, f"request{number}")
        sink_all(kafka, own, sunk)
        output.commit(10)
    sink_all(kafka, own, sunk)
    assert warehouse_faults(kafka, own, [sunk]) == []
    assert compare_with_log(kafka, own, sunk) == []


class Interrupted(Exception):  # noqa: N818
    """Stands for a process that dies at this point."""


def stopping_at(number: int) -> Callable[..., None]:
    """`Rebuild._command`, which stops dead at the statement of this number."""
    done, command = count(), Rebuild._command

    def planted(self: Rebuild, *arguments: Any, **options: Any) -> None:
        if next(done) == number:
            raise Interrupted
        command(self, *arguments, **options)

    return planted


def test_a_crash_at_any_step_is_taken_up_again(
    kafka: str, own: Client, sunk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_records(kafka, f"{sunk}.decisions", 100)
    own.command("ALTER TABLE decisions DROP COLUMN policy", settings={"mutations_sync": 1})
    kept = own.command("SELECT count() FROM decisions WHERE log_offset < 100")
    for at in count():
        with monkeypatch.context() as patch, suppress(Interrupted):
            patch.setattr(Rebuild, "_command", stopping_at(at))
            report = rebuilt(kafka, own, sunk)
            break
    assert at > 10
    assert report.kept == {sunk: kept}
    sink_all(kafka, own, sunk)
    assert warehouse_faults(kafka, own, [sunk]) == []
    assert own.query(COUNTED).result_rows == [(ROWS, ROWS)]
