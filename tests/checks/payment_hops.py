"""Hops of a payment: the modules and functions of ours that run between its bytes and its decision's bytes.

    python -m tests.checks.payment_hops [--functions]

One batch with one new payment goes through a warm engine with the seed's judges: from the record read from
Kafka to the messages of its transaction. Compiled kernels count with the function that calls them.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import click

from features.catalogue import CATALOGUE
from models.messages import Control, JournalEntry, Merchant, Method, MethodKind, Payment, encode
from streams.control_plane import ArtefactStore, seed_changes
from streams.engine.core import Core
from streams.engine.decision import Context
from streams.engine.input import InputBatch
from streams.engine.output import TransactionMessages

NOW_MS = 1_780_000_000_000
HOUSE = Path(__file__).parents[2]
PACKAGES = ("models", "features", "streams")


def batch_of(*records: bytes) -> InputBatch:
    """Records of one partition, all appended now."""
    batch = InputBatch()
    batch.extend("hops.history", 0, [(value, offset, NOW_MS) for offset, value in enumerate(records)])
    return batch


def payment(number: int) -> bytes:
    """An ordinary card payment."""
    return encode(
        Payment(
            merchant_account="acme",
            payment_id=f"p{number}",
            occurred_at=NOW_MS,
            amount=1250,
            currency="EUR",
            method=Method(MethodKind.CARD, f"card-{number % 3}", "520000", "DE"),
            merchant=Merchant("m1", "5411", "DE"),
        )
    )


def entered(call: Callable[[], object]) -> Counter[tuple[str, str]]:
    """(module, function) of every function of the house that runs within `call`, with its number of calls."""
    calls: Counter[tuple[str, str]] = Counter()

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call":
            return
        file = Path(frame.f_code.co_filename)
        if HOUSE in file.parents and file.relative_to(HOUSE).parts[0] in PACKAGES:
            module = ".".join(file.relative_to(HOUSE).with_suffix("").parts)
            calls[module, frame.f_code.co_qualname] += 1

    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
    return calls


def hops() -> Counter[tuple[str, str]]:
    """What runs for one new payment once everything that is looked up once has been looked up."""
    with tempfile.TemporaryDirectory() as folder:
        artefacts = ArtefactStore(Path(folder))
        changes = [
            Control(f"seed-{i}", NOW_MS, "hops", each) for i, each in enumerate(seed_changes(artefacts))
        ]
        core = Core("hops", CATALOGUE, Context(CATALOGUE, artefacts.load))
        outgoing = TransactionMessages("hops", CATALOGUE.schema_hash)
        entry = JournalEntry("hops", 1, (), {}, 0, 0, 0, 0, 0, 0, "", "", "", None, None, None, "", "", 0, 0)
        core.apply(batch_of(*map(encode, changes)))
        core.apply(batch_of(payment(1), payment(2)))

        batch = batch_of(payment(3))

        def decide() -> None:
            outgoing.messages(batch, core.apply(batch), entry)

        return entered(decide)


@click.command(help=__doc__)
@click.option("--functions", is_flag=True, help="List the functions of each module.")
def main(functions: bool) -> None:
    calls = hops()
    modules = sorted({module for module, _ in calls})
    for module in modules:
        names = sorted(name for entered_module, name in calls if entered_module == module)
        click.echo(f"{len(names):4d} {module}" + (f": {', '.join(names)}" if functions else ""))
    by_package = Counter(module.partition(".")[0] for module in modules)
    click.echo(", ".join(f"{package} {count}" for package, count in sorted(by_package.items())))
    click.echo(f"{len(modules)} modules, {len(calls)} functions, {sum(calls.values())} calls")


if __name__ == "__main__":
    main()
