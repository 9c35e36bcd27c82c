"""`tollgate simulate` refuses what it cannot do and writes files without a broker."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.messages.codec import decode_input
from models.messages.payment import Payment
from simulation.traffic.delivery import delivery_of
from streams.commands.traffic.simulate import command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give --count or --seconds"),
        (["--count", "5", "--rate", "fast"], "neither a number from"),
        (["--count", "5", "--rate", "0"], "neither a number from"),
        (["--count", "5", "--rate", "nan"], "neither a number from"),
        (["--count", "5", "--rate", "1e300"], "neither a number from"),
        (["--count", "5", "--rate", "1e-300"], "neither a number from"),
        (["--count", "5", "--duplicates", "nan"], "'nan' is not a finite number"),
        (["--seconds", "inf"], "'inf' is not a finite number"),
        (["--count", "5", "--first", "1" + "0" * 22], "is not in the range"),
        (["--count", "5", "--start-at", "noon"], "neither `now` nor a time"),
        (["--count", "0"], "0 is not in the range"),
    ],
)
def test_wrong_options_are_named(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_a_file_holds_the_valid_messages_and_the_counts_say_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "payments.jsonl"
    arguments = [
        "--count",
        "2000",
        "--seed",
        "5",
        "--start-at",
        "2026-01-31T12:00:00",
        "--to",
        str(path),
        "--json",
    ]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    sent = json.loads(result.output.splitlines()[-1])
    payments = [decode_input(line) for line in path.read_bytes().splitlines()]
    assert len(payments) == sent["payments"] + sent["duplicates"]
    assert sent["payments"] + sent["malformed"] == 2000
    assert all(isinstance(p, Payment) and delivery_of(p.payment_id).malformed is None for p in payments)
    assert min(p.occurred_at for p in payments if isinstance(p, Payment)) == 1_769_860_800_000
