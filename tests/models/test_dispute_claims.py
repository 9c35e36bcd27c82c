"""The decision table of one dispute, line by line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import claims as dispute_claims
from models.labels.claims import claim
from models.labels.facts import DisputeFact
from models.labels.strength import strength
from models.messages.dispute import DisputeStage, ReversalGround
from models.messages.payment import Channel
from tests.models.evidence import DAY, PAID, dispute_facts, stage

FRAUD = "10.4"
LINES = """
fraud open            |chargeback 10.4                                   | fraud 1 chargeback
fraud accepted        |chargeback 10.4, accepted                         | fraud 1 chargeback final
fraud expired         |chargeback 10.4, expired                          | fraud 1 chargeback final
fraud liability       |chargeback 10.4, reversed liability_shifted       | fraud 1 chargeback final
fraud credited        |chargeback 10.4, reversed credit_issued           | fraud 1 chargeback final
fraud procedural      |chargeback 10.4, reversed procedural              | fraud 1 chargeback final
fraud shown           |chargeback 10.4, reversed participation_shown     | friendly 1 chargeback final
fraud withdrawn       |chargeback 10.4, reversed cardholder_recognised   | legitimate 1 chargeback final
fraud won somehow     |chargeback 10.4, representment, reversed          | fraud 0.5 chargeback final
fraud inquiry         |inquiry 10.4                                      | fraud 0.3 inquiry
fraud inquiry accepted|inquiry 10.4, accepted                            | fraud 0.3 inquiry final
fraud inquiry lapsed  |inquiry 10.4, expired                             | unknown 0 inquiry final
fraud inquiry dropped |inquiry 10.4, reversed                            | unknown 0 inquiry final
fraud inquiry goes on |inquiry 10.4, expired, chargeback                 | fraud 1 chargeback
fraud notice          |fraud_notice                                      | fraud 0.8 fraud_notice
fraud notice 10.5       |fraud_notice 10.5                                  | fraud 0.8 fraud_notice
fraud prevented       |prevented 10.4                                    | fraud 0.9 prevented final
fraud ended once      |chargeback 10.4, accepted, chargeback              | fraud 1 chargeback final
fraud only its end    |accepted 10.4                                     | fraud 0.5 inquiry final
fraud answered        |representment 10.4                                | fraud 1 chargeback
fraud goes on |chargeback 10.4, reversed participation_shown, pre_arbitration| fraud 1 pre_arbitration
fraud arbitrated      |chargeback 10.4, arbitration                      | fraud 1 arbitration
fraud won at last|chargeback 10.4, arbitration, reversed participation_shown| friendly 1 arbitration final
fraud of another kind |chargeback 10.1                                   | unknown 0 chargeback
fraud at the terminal |chargeback 10.1 pos                               | fraud 1 chargeback
fraud kind known late |chargeback 10.1, accepted pos                     | fraud 1 chargeback final
fraud not at terminal |chargeback 10.4 pos                               | unknown 0 chargeback
fraud notice terminal |fraud_notice pos                                  | fraud 0.8 fraud_notice
fraud noticed as well |chargeback 10.1 pos, fraud_notice                 | fraud 1 chargeback
fraud notice kind late|fraud_notice, inquiry pos                         | fraud 0.8 fraud_notice
consumer open         |chargeback 13.1                                   | legitimate 1 dispute
consumer lost         |chargeback 13.1, accepted                         | legitimate 1 dispute
consumer expired      |chargeback 13.1, expired                          | legitimate 1 dispute
consumer credited     |chargeback 13.1, reversed credit_issued           | legitimate 1 dispute
consumer shown        |chargeback 13.1, reversed participation_shown     | friendly 1 dispute
consumer won somehow  |chargeback 13.1, reversed                         | friendly 0.5 dispute
processing            |chargeback 12.5, accepted                         | unknown 0 dispute
authorisation         |chargeback 11.2, expired                          | unknown 0 dispute
programme             |chargeback 10.5, accepted                         | unknown 0 dispute
unknown code          |chargeback 99.9                                   | unknown 0 dispute
no code               |chargeback, accepted                              | unknown 0 dispute
fraud then consumer   |chargeback 10.4, pre_arbitration 13.1             | legitimate 1 pre_arbitration
fraud then programme  |chargeback 10.4, pre_arbitration 10.5             | fraud 1 pre_arbitration
"""
CASES = [[cell.strip() for cell in line.split("|")] for line in LINES.strip().splitlines()]


def told(steps: str) -> list[DisputeFact]:
    """Stages ten days apart, each with its code, ground and channel."""
    found = []
    for number, step in enumerate(steps.split(", "), 1):
        name, *words = step.split()
        code = next((word for word in words if word[0].isdigit()), None)
        ground = next((ReversalGround(word) for word in words if word in set(ReversalGround)), None)
        channel = Channel.POS if "pos" in words else None
        found.append(stage(name, 10 * number, code, ground=ground, channel=channel))
    return found


@pytest.mark.parametrize(("steps", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_line_of_the_table(steps: str, expected: str) -> None:
    found = claim(told(steps))
    said = f"{found.label.value} {found.weight:g} {found.source}{' final' if found.final else ''}"
    assert said == expected


def test_every_line_of_the_docstring_has_a_case() -> None:
    rows = re.findall(r"^\| (\w+)[^|]*\|[^|]+\| (\w+) \|", str(dispute_claims.__doc__), re.MULTILINE)
    promised = {row for row in rows if row[0] in ("fraud", "consumer", "processing")}
    assert len(promised) == 7
    assert promised <= {(case[0].split()[0], case[2].split()[0]) for case in CASES}


def test_a_code_given_at_one_stage_counts_for_all() -> None:
    without = [stage("chargeback", 20), stage("accepted", 40)]
    assert claim(without).label == "unknown"
    assert claim([*without, stage("inquiry", 3, FRAUD)]).label == "fraud"


def test_it_is_known_since_it_stands() -> None:
    found = claim([stage("accepted", 40), stage("representment", 30), stage("chargeback", 20, FRAUD)])
    assert found.known_at == PAID + 40 * DAY, "it is final since then"
    found = claim([stage("representment", 30), stage("chargeback", 20, FRAUD)])
    assert found.known_at == PAID + 20 * DAY, "an answer of the merchant changes nothing"


@given(st.lists(dispute_facts, min_size=1, max_size=7), st.data())
def test_neither_order_nor_repetition_matters(stages: list[DisputeFact], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(stages)) + data.draw(st.lists(st.sampled_from(stages), max_size=3))
    assert claim(mixed) == claim(stages)


@given(st.lists(dispute_facts, min_size=2, max_size=7))
def test_more_stages_never_make_it_weaker(stages: list[DisputeFact]) -> None:
    fewer, more = claim(stages[:-1]), claim(stages)
    assert strength(more.source, more.final) >= strength(fewer.source, fewer.final)


@given(st.lists(dispute_facts, min_size=1, max_size=7))
def test_fraud_is_never_said_without_a_code_or_notice_of_it(stages: list[DisputeFact]) -> None:
    spoke = any(
        fact.reason_code in ("10.4", "10.1") or fact.stage is DisputeStage.FRAUD_NOTICE for fact in stages
    )
    assert claim(stages).label != "fraud" or spoke
