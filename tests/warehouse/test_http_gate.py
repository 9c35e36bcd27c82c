"""Who is not let in is said in the log, as far as it is known."""

import logging

import pytest

from streams.warehouse.credentials import WarehouseUser
from streams.warehouse.http.gate import HttpGate
from streams.warehouse.http.refusal import RequestRefusedError


def test_the_log_names_the_program_of_a_wrong_password_and_not_the_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = HttpGate(dict.fromkeys(WarehouseUser, "right"))
    header = {
        "Host": "127.0.0.1",
        "X-ClickHouse-User": "tollgate_analyst",
        "X-ClickHouse-Key": "s3cret",
        "User-Agent": "old-notebook/1.0\nforged line",
    }
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            with pytest.raises(RequestRefusedError):
                gate.user("/", lambda name: header.get(name, ""))
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[0] for line in lines] == ["1", "10"]
    assert all("statements without a known user were refused" in line for line in lines)
    assert all("old-notebook" in line and "\n" not in line and "s3cret" not in line for line in lines)
