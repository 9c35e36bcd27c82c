"""`tollgate rules` and `tollgate lists` on a real broker, and what they change for the engine."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.messages.codec import encode
from models.messages.control import ListChange
from models.rules.source.yaml_source import read_ruleset
from models.versions import content_version
from streams.control_plane.controls import logged, publish
from streams.engine.process import EngineOptions
from streams.errors import Outage
from streams.inspect.verify import Verifier
from tests.engine.engine_log import payment
from tests.engine.engine_on_kafka import decide, started, tollgate

pytestmark = pytest.mark.kafka
WHO = ("--author", "ana", "--reason", "an attack")
RULES = """\
name: shop
version: 2
groups:
  big: [m1]
rules:
  - id: listed
    description: BIN under attack
    owner: fraud
    when: bin in list("blocked_bins")
    action: block
  - id: listed
    group: big
    description: BIN under attack, where reviewers look
    owner: fraud
    when: bin in list("blocked_bins")
    action: review
  - id: aged
    description: New customers
    owner: fraud
    when: card_payment_count_1h > 1 and customer_age_days < 1
    score: 10
"""


def test_what_is_published_acts_from_its_place_on_and_can_be_taken_back(
    options: EngineOptions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = ("--engine", options.engine)
    rules, entries = tmp_path / "rules.yaml", tmp_path / "entries.csv"
    rules.write_text(RULES)
    entries.write_text("value,list,reason\n52000000,blocked_bins,card testing\n53000000,blocked_bins,\n")
    version = content_version(read_ruleset(RULES).document)
    engine = started(options)
    (before,) = decide(engine, options, ["before"])
    assert tollgate("rules", "publish", rules, *name, *WHO) == 0
    assert f"ruleset {version} is live on {options.engine}, effective from offset" in capsys.readouterr().out
    (quiet,) = decide(engine, options, ["quiet"])
    assert tollgate("lists", "import", entries, *name, *WHO) == 0
    (listed,) = decide(engine, options, ["listed"])
    assert tollgate("lists", "remove", "blocked_bins", "52000000", *name, *WHO) == 0
    assert tollgate("rules", "rollback", *name, *WHO) == 0
    (after,) = decide(engine, options, ["after"])
    assert [d.versions.ruleset == version for d in (before, quiet, listed, after)] == [
        False,
        True,
        True,
        False,
    ]
    assert [d.hits for d in (quiet, listed)] == [(), ("listed",)]
    assert after.versions == before.versions
    engine.close()
    assert Verifier(options).run().difference == ""

    capsys.readouterr()
    assert tollgate("rules", "explain", rules, "--payment-id", "listed", *name) == 0
    said = capsys.readouterr().out
    assert "payment listed: score 0, review by listed (group big)" in said
    assert "listed (global): other level decides" not in said
    assert "bin = '52000000'" in said
    assert "features are unknown" not in said
    assert tollgate("rules", "explain", rules, "--payment-id", "after", *name) == 0
    assert "payment after: score 0, no action" in capsys.readouterr().out
    given = encode(payment("by hand", customer=None)).decode()
    assert tollgate("rules", "explain", rules, "--payment", given, *name) == 0
    said = capsys.readouterr().out
    assert "features are unknown and count as missing" in said
    assert "aged (global): no hit; missing: card_payment_count_1h, customer_age_days" in said
    assert tollgate("rules", "explain", rules, "--payment-id", "nobody", *name) == 1
    assert "no decision on payment 'nobody'" in capsys.readouterr().err


def test_an_engine_that_is_not_there_is_told_at_once(
    options: EngineOptions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    for command in (("lists", "show"), ("rules", "history"), ("rules", "publish", rules, *WHO)):
        assert tollgate(*command, "--engine", "typo") == 1
        said = capsys.readouterr().err
        assert "there is no topic typo.controls: is the engine's name right?" in said
        assert options.engine in said


def test_of_two_publishers_at_once_each_publishes_all_or_nothing(options: EngineOptions) -> None:
    before = sum(1 for _ in logged(options.bootstrap, options.engine))

    def entries(author: str) -> int:
        changes = [ListChange("x", f"{author}-{i}") for i in range(200)]
        try:
            return len(publish(options.bootstrap, options.engine, changes, author, "both at once"))
        except Outage:
            return 0

    with ThreadPoolExecutor(2) as pool:
        published = dict(zip("ab", pool.map(entries, "ab"), strict=True))
    found = Counter(f.control.author for f in list(logged(options.bootstrap, options.engine))[before:])
    assert found == Counter({author: count for author, count in published.items() if count})
    assert any(published.values())
