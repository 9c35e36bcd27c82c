"""One declaration in a file of one's own is enough, and a wrong one is refused with file, line and reason."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import CATALOGUE, Catalogue
from features.catalogue.metadata import KEYS_MAX, with_metadata
from features.catalogue.own_files import catalogue_of
from features.catalogue.page import render
from features.columns.events import TOKENS, Events
from features.errors import CatalogueError
from features.state.state import FeatureState
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.ruleset import Ruleset

PAGE = Path(__file__).parents[2] / "docs" / "own-features.md"
BLOCKS = dict(re.findall(r"^```python (\S+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S))
HEAD = """\
from features.catalogue import Entity, Family
from features.columns.events import Stream
from features.catalogue.measures import DISTINCT, PAYMENT_COUNT, Measure, Op, Tally
import numpy as np
"""
Write = Callable[[str], Path]


@pytest.fixture
def file(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(text)
        return path

    return write


def payments(amounts: list[int], **tokens: list[int]) -> Events:
    """Attempts a minute apart."""
    events = Events.empty(len(amounts))
    events.at[:] = 1_700_000_000_000 + 60_000 * np.arange(len(amounts))
    events.occurred_at[:] = events.at
    events.amount[:] = amounts
    for name, values in tokens.items():
        events.tokens[TOKENS.index(name)] = values
    return events


def column(catalogue: Catalogue, events: Events, name: str) -> list[float]:
    out = np.full((len(events.at), len(catalogue.names)), np.nan)
    FeatureState.empty(catalogue).update(events, out)
    return out[:, catalogue.names.index(name)].tolist()


def test_one_declaration_appears_in_vectors_names_page_and_rules(file: Write) -> None:
    catalogue = catalogue_of([file(BLOCKS["own.py"])])
    own = ("email_payment_count_3d", "email_payment_count_14d", "ip_email_is_new")
    assert catalogue.names == (*CATALOGUE.names, *own)
    assert catalogue.schema_hash != CATALOGUE.schema_hash
    events = payments([1, 2, 3], ip=[7, 7, 8], email=[5, 5, 5])
    assert column(catalogue, events, "email_payment_count_3d") == [0, 1, 2]
    assert column(catalogue, events, "ip_email_is_new") == [1, 0, 1]
    page = render(catalogue)
    assert all(f"| `{name}` |" in page for name in own)
    assert "## ip_email" in page
    rule = {"id": "r", "description": "d", "owner": "o", "when": "email_payment_count_3d > 5", "score": 1}
    schema = {**PAYMENT_COLUMNS, **dict.fromkeys(catalogue.names, "number")}
    assert Ruleset.from_dict({"name": "own", "rules": [rule]}).compile(schema).rule_ids == ("r",)


def test_the_numba_tally_of_the_page_runs(file: Write) -> None:
    catalogue = catalogue_of([file(BLOCKS["round_amounts.py"])])
    events = payments([1_000, 1_001, 2_000, 5], card=[9, 9, 9, 9])
    shares = column(catalogue, events, "card_round_amount_share_24h")
    assert np.isnan(shares[0])
    assert shares[1:] == [1.0, 0.5, 2 / 3]


@pytest.mark.parametrize("changed", [("LEAST = 5", "LEAST = 6"), ("amounts > LEAST", "amounts >= LEAST")])
def test_the_catalogues_hash_covers_what_a_tally_calls(file: Write, changed: tuple[str, str]) -> None:
    text = HEAD + (
        "LEAST = 5\n"
        "def large(amounts):\n    return (amounts > LEAST).astype(np.int64)\n"
        'BIG = Tally("big", Stream.ATTEMPT, 1, lambda events: large(events.amount))\n'
        'M = Measure("{entity}_big_{window}", "payments", "x", Op.SUM, tally=BIG)\n'
        'FAMILIES = [Family("card", M, ("24h",))]\n'
    )
    before = catalogue_of([file(text)]).schema_hash
    assert catalogue_of([file(text + "# A comment elsewhere.\n")]).schema_hash == before
    assert catalogue_of([file(text.replace(*changed))]).schema_hash != before


def test_a_tally_over_one_of_tollgates_own(file: Write) -> None:
    text = HEAD + (
        'from features.catalogue.measures import DECLINED\n'
        'BIG = Tally("big", Stream.ATTEMPT, 1, lambda events: (events.amount > 9).astype(np.int64))\n'
        'NAME = "{entity}_declines_over_big_{window}"\n'
        'M = Measure(NAME, "ratio", "x", Op.SHARE, Stream.OUTCOME, DECLINED, BIG)\n'
        'FAMILIES = [Family("card", M, ("24h",))]\n'
    )  # fmt: skip
    assert catalogue_of([file(text)]).names[-1] == "card_declines_over_big_24h"


def test_several_files_come_in_their_order(tmp_path: Path) -> None:
    files = []
    for folder, window in (("a", "2h"), ("b", "3h")):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "mine.py")
        files[-1].write_text(HEAD + f'FAMILIES = (Family("card", PAYMENT_COUNT, ("{window}",)),)\n')
    names = catalogue_of(files).names[-2:]
    assert names == ("card_payment_count_2h", "card_payment_count_3h")


def test_keys_of_metadata_become_columns_with_name_meaning_and_a_place_in_the_hash(file: Write) -> None:
    catalogue = catalogue_of([file(BLOCKS["own_metadata.py"])])
    default, own = len(CATALOGUE.attributes), ("metadata_basket_items", "metadata_is_gift")
    assert catalogue.names == (*CATALOGUE.names[:default], *own, *CATALOGUE.names[default:])
    others = [with_metadata(CATALOGUE, keys) for keys in ((), ("is_gift",), ("is_gift", "basket_items"))]
    assert catalogue.schema_hash not in {other.schema_hash for other in others}
    described = catalogue.describe()["metadata_is_gift"]
    assert (described["type"], described["entity"], described["default"]) == ("number", "payment", None)
    assert "| `metadata_basket_items` | - | number | `basket_items` of the payment's" in render(catalogue)
    rule = {"id": "r", "description": "d", "owner": "o", "score": 1}
    when = "metadata_basket_items > 20 and metadata.basket_items is known"
    schema = {**PAYMENT_COLUMNS, **dict.fromkeys(catalogue.names, "number")}
    compiled = Ruleset.from_dict({"name": "own", "rules": [rule | {"when": when}]}).compile(schema)
    assert compiled.columns_used == {"metadata_basket_items", "metadata.basket_items"}


def test_as_many_keys_as_a_payment_carries_in_however_many_files(tmp_path: Path) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for name, keys, path in (("a", KEYS_MAX // 2, files[0]), ("b", KEYS_MAX - KEYS_MAX // 2, files[1])):
        path.write_text(f"METADATA = [f'{name}{{n}}' for n in range({keys})]\n")
    assert len(catalogue_of(files).attributes) == len(CATALOGUE.attributes) + KEYS_MAX
    files[1].write_text(files[1].read_text() + "METADATA.append('more')\n")
    with pytest.raises(CatalogueError, match=r"b\.py:1: more than 50 metadata keys"):
        catalogue_of(files)


def _tally(body: str, maximum: str = "1") -> str:
    return (
        f'T = Tally("mine", Stream.ATTEMPT, {maximum}, {body})\n'
        'M = Measure("{entity}_mine_{window}", "x", "x", Op.SUM, tally=T)\n'
        'FAMILIES = (Family("card", M, ("1h",)),)\n'
    )


WRONG = {
    "clash": (
        '\nFAMILIES = (Family("card", PAYMENT_COUNT, ("1h",)),)',
        6,
        "'card_payment_count_1h' is declared twice",
    ),
    "unknown entity": (
        '\nFAMILIES = (\n    Family("crad", PAYMENT_COUNT, ("3d",)),\n)',
        7,
        "unknown entity 'crad'",
    ),
    "window over retention": (
        'FAMILIES = (Family("card", PAYMENT_COUNT, ("400d",)),)',
        5,
        "longer than the 365d",
    ),
    "window of distinct": (
        'FAMILIES = (Family("card", DISTINCT, ("90d",), other="ip"),)',
        5,
        "longer than the 30d",
    ),
    "no window": ('FAMILIES = (Family("card", PAYMENT_COUNT, ("often",)),)', 5, "'often' is not"),
    "windows no tuple": (
        'FAMILIES = (Family("card", PAYMENT_COUNT, "3d"),)',
        5,
        "windows is '3d', not a tuple",
    ),
    "default no number": (
        'FAMILIES = (Family("card", PAYMENT_COUNT, ("3d",), default="0"),)',
        5,
        "default is '0'",
    ),
    "measure no measure": ('FAMILIES = (Family("card", "count", ("3d",)),)', 5, "measure is 'count'"),
    "unknown token": (
        'ENTITIES = (Entity("x", "y", ("card", "shoe")),)\nFAMILIES = ()',
        5,
        "unknown token 'shoe'",
    ),
    "entity twice": (
        'ENTITIES = (Entity("card", "y"),)\nFAMILIES = ()',
        5,
        "entity 'card' is declared twice",
    ),
    "no families": ("x = 1", 1, "declares no FAMILIES"),
    "families no tuple": ("\n\nFAMILIES = 7", 7, "FAMILIES is 7, not a tuple of Family"),
    "no family": ("FAMILIES = (1,)", 5, "FAMILIES[0] is 1, not a Family"),
    "metadata no tuple": ('METADATA = ("basket")', 5, "METADATA is 'basket', not a tuple of keys"),
    "metadata no word": ('METADATA = ("a", "b c")', 5, "metadata key 'b c' cannot be a feature"),
    "metadata no text": ("METADATA = (7,)", 5, "metadata key 7 cannot be a feature"),
    "metadata twice": ('METADATA = ("a", "b", "a")', 5, "metadata key 'a' is named twice"),
    "metadata and feature": (
        _tally("lambda e: e.at * 0").replace("{entity}_mine_{window}", "metadata_a") + 'METADATA = ("a",)',
        7,
        "'metadata_a' is declared twice, first in the attributes",
    ),
    "syntax": ("FAMILIES = (", 5, "not Python"),
    "missing name": ("FAMILIES = (Familly(),)", 5, "NameError: name 'Familly' is not defined"),
    "missing module": ("import no_such_module", 5, "No module named 'no_such_module'"),
    "exception below": ("def f():\n    raise ValueError('why')\nf()", 6, "ValueError: why"),
    "exit": ("raise SystemExit(0)", 5, "SystemExit"),
    "tally clash": (
        _tally("lambda e: e.at * 0").replace('"mine",', '"amount",'),
        5,
        "tally 'amount' is another one",
    ),
    "tally fails": (_tally("lambda e: e.amounts"), 5, "fails: AttributeError"),
    "tally no int64": (_tally("lambda e: e.amount > 5"), 5, "not one int64 a row"),
    "tally too large": (_tally("lambda e: e.amount"), 5, "outside its 0..1"),
    "tally negative": (_tally("lambda e: -(e.amount > 5).astype(np.int64)"), 5, "gives -1"),
    "tally of the batch": (_tally("lambda e: e.at * 0 + len(e.at)", "500"), 5, "depend on the row only"),
    "tally without bound": (_tally("lambda e: e.at * 0", "2**60"), 5, "at most per event"),
    "wording": (_tally("lambda e: e.at * 0").replace("{window}", "{windows}"), 6, "cannot be filled in"),
    "name of a field": (
        _tally("lambda e: e.at * 0").replace("{entity}_mine_{window}", "mcc"),
        7,
        "payment's field",
    ),
    "name no word": (_tally("lambda e: e.at * 0").replace("{entity}_mine", "{entity} mine"), 7, "not a word"),
}


@pytest.mark.parametrize("wrong", list(WRONG))
def test_what_is_wrong_is_refused_with_file_line_and_reason(file: Write, wrong: str) -> None:
    text, line, reason = WRONG[wrong]
    path = file(HEAD + text + "\n")
    with pytest.raises(CatalogueError) as refused:
        catalogue_of([path])
    assert reason in str(refused.value)
    assert f"{path}:{line}: " in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nowhere\.py: cannot be read: No such file"):
        catalogue_of([tmp_path / "nowhere.py"])


def test_every_process_refuses_it_at_start_with_one_line_and_exit_code_2(file: Write) -> None:
    path = file(HEAD + 'FAMILIES = (Family("crad", PAYMENT_COUNT, ("3d",)),)\n')
    environment = {**os.environ, "TOLLGATE_FEATURES": str(path), "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    for arguments in (["features", "list"], ["engine"]):
        done = subprocess.run(
            [sys.executable, "-m", "streams.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=environment,
        )
        assert done.returncode == 2, done.stderr
        lines = done.stderr.splitlines()
        assert len(lines) == 1, done.stderr
        assert lines[0].startswith(f"tollgate: {path}:5: unknown entity 'crad'")
