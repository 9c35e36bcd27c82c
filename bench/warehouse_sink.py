"""What the sink costs a payment: CPU time of making rows, of looking up and of inserting, without Kafka.

    .venv/bin/python -m bench.warehouse_sink --payments 50000 --range 2000

Prints microseconds of CPU a payment by step and table. CPU of the embedded ClickHouse is counted, also what
it merges in the background meanwhile.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec import structs

from models.messages.outcome import Outcome, OutcomeKind, tokens_of
from models.messages.payment import Customer, Merchant, Method, MethodKind, Payment
from streams.warehouse.database import Database
from streams.warehouse.schema import migrate
from streams.warehouse.sink.block_insert import BlockInsert
from streams.warehouse.sink.lookups import RowLookups
from streams.warehouse.tables import TABLES
from tests.warehouse.engine_output import decision
from tests.warehouse.log_messages import NETWORKS, START_MS, SmallLog


def made_log(engine: str, payments: int) -> SmallLog:
    """Payments, each decided, authorised and captured."""
    log = SmallLog(engine)
    for number in range(payments):
        payment = _payment(number, payments // 5 + 1)
        received = log.add("payments", payment, 10)
        made = structs.replace(
            decision(engine, number + 1), merchant_account="acme", payment_id=payment.payment_id, attempt=1,
            phase=payment.phase, amount=payment.amount, currency="EUR", reference_amount=payment.amount,
            merchant_id=payment.merchant.id, received_at=received.appended_at,
            engine_time=payment.occurred_at,
        )  # fmt: skip
        log.add("decisions", made, 0)
        for kind in (OutcomeKind.AUTHORISED, OutcomeKind.CAPTURED):
            occurred, amount = payment.occurred_at, payment.amount
            outcome = Outcome(
                "acme", payment.payment_id, kind, occurred + 5, occurred, amount, "EUR", tokens_of(payment)
            )
            log.add("outcomes", outcome, 0)
    return log


def _payment(number: int, cards: int) -> Payment:
    return Payment(
        "acme", f"order-{number:09d}", START_MS + number * 10, 1_000 + number % 9_000, "EUR",
        Method(MethodKind.CARD, f"tok_{number * 7919 % cards}", f"41{number % 700:04d}", "FR"),
        Merchant(f"shop-{number % 200}", "5411", "DE"), customer=Customer(f"customer-{number % 9_999}"),
        device_id=f"device-{number % 7_777}", ip=f"203.0.{number % 250}.7",
        email_token=f"mail-{number % 9_999}",
    )  # fmt: skip


@contextmanager
def counted(spent: Counter[str], step: str) -> Iterator[None]:
    """Adds the CPU time of all threads to a step."""
    start = time.process_time()
    yield
    spent[step] += int((time.process_time() - start) * 1e9)


@click.command()
@click.option("--payments", default=20_000, show_default=True)
@click.option("--range", "size", default=2_000, show_default=True, help="Rows of a range.")
def main(payments: int, size: int) -> None:
    """What the sink costs a payment."""
    database = Database(Path(tempfile.mkdtemp()) / "warehouse")
    client = database.client()
    migrate(client)
    list(made_log("warm", 10)._new(size))  # loads the kernels that look for card numbers
    log = made_log("bench", payments)
    insert, lookups = BlockInsert(client, "bench"), RowLookups(client, "bench")
    spent: Counter[str] = Counter()
    ranges = log._new(size)
    while True:
        with counted(spent, "read"):
            part = next(ranges, None)
        if part is None:
            break
        log_range, rows = part
        with counted(spent, f"look up for {log_range.partition.role}"):
            rows = lookups.completed(log_range, rows)
        for table in TABLES:
            with counted(spent, f"rows of {table.name}"):
                block = table.block(rows, NETWORKS)
            if block is not None:
                with counted(spent, f"insert {table.name}"):
                    insert.insert(table.name, log_range, block, is_repeated=False)
    for step, nanoseconds in sorted(spent.items()):
        click.echo(f"{nanoseconds / payments / 1000:9.1f} us a payment  {step}")
    before = spent["rows of decisions"] + spent["insert decisions"]
    click.echo(f"{sum(spent.values()) / payments / 1000:9.1f} us a payment in all")
    click.echo(f"{before / payments / 1000:9.1f} us a payment for decisions alone")
    client.close()
    database.close()


if __name__ == "__main__":
    main()
