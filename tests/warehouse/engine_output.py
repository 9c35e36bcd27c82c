"""Decisions and dead letters of made-up engines, written to the topics as an engine writes them."""

from functools import cache

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from msgspec import json, structs

from models.messages.dead_letter import DeadLetter, DeadLetterReason
from models.messages.decision import Challenger, Champion, Decision, Sca, Verdict, Versions
from models.messages.decision import DecisionReason as Why
from models.messages.payment import MethodKind, Phase
from models.messages.refusal import Refusal
from streams.kafka.topics import OUTPUTS, Topics, topic_config

START_MS = 1_700_000_000_000
VERDICTS = list(Verdict)
COUNTRIES = ("DE", "FR", None, "GB", "ES")
CURRENCIES = ("EUR", "USD", "JPY", "TND")
REQUIRED, EXEMPT = Sca("required", "merchant"), Sca("exempt", "acquirer", "low_value")
CHALLENGER = Challenger("fedcba9876543210", 0.25, VERDICTS[1])
CANARY = Challenger("fedcba9876543210", 0.5, VERDICTS[2], Champion("0123456789abcdef", 0.125, VERDICTS[3]))
UNSCORED = Challenger("fedcba9876543210", None, VERDICTS[0])


def decision(engine: str, sequence: int, **changes: object) -> Decision:
    """The decision number `sequence` of an engine: every field varies, so that a swapped column shows."""
    time_ms = START_MS + sequence * 700
    made = Decision(
        engine=engine,
        sequence=sequence,
        merchant_account=f"account-{sequence % 3}",
        payment_id=f"payment-{sequence:09d}",
        attempt=1 + sequence % 3,
        phase=list(Phase)[sequence % 3],
        verdict=VERDICTS[sequence % 4],
        probability=None if sequence % 11 == 0 else sequence * 7919 % 1_000_001 / 1_000_000,
        score=sequence * 31 % 101,
        hits=("velocity", "amount é")[: sequence % 3],
        amount=sequence * 104_729 % 500_000 + 1,
        currency=CURRENCIES[sequence % 4],
        reference_amount=sequence * 1_299_709 % 500_000 + 1,
        method=list(MethodKind)[sequence % 5],
        merchant_id=f"merchant-{sequence % 7}",
        merchant_country=COUNTRIES[sequence % 5],
        occurred_at=time_ms - 5,
        received_at=time_ms - 1,
        engine_time=time_ms,
        versions=Versions(
            "catalogue-1", None if sequence % 13 == 0 else "0123456789abcdef", "rules-1", "policy-1"
        ),
        degraded=("model",) if sequence % 11 == 0 else (),
        decided_by=("policy", "block", "holdout")[sequence % 3],
        level=None if sequence % 3 else f"merchant merchant-{sequence % 7}",
        tags=("t-é", "u")[: sequence % 3],
        shadow_hits=("trial",)[: sequence % 2],
        sca=None
        if sequence % 5 == 0
        else Sca("exempt", "acquirer", "low_value")
        if sequence % 2
        else REQUIRED,
        propensity=None if sequence % 4 else sequence % 101 / 100,
        reasons=(Why("velocity", "often"), Why("NEW_DEVICE", "new"))[: sequence % 3],
        merchant_text=None if sequence % 3 else "The payment was declined.",
        challenger=(None, CHALLENGER, CANARY, UNSCORED)[sequence // 2 % 4],
        redacted=("metadata.é", "note")[: sequence % 3],
    )
    return structs.replace(made, **changes)


def dead_letter(engine: str, number: int) -> DeadLetter:
    """Every other one names its payment, and is answered."""
    made = DeadLetter(
        engine=engine,
        topic=f"{engine}.payments",
        partition=0,
        offset=number,
        received_at=START_MS + number,
        reason=list(DeadLetterReason)[number % 5],
        detail=f"not JSON: ü {number}",
        payload_bytes=9,
        payload_sha256=f"{number:064x}",
        payload=None if number % 3 == 0 else bytes([0, 255, number % 256]),
        masked=number % 2 == 0,
    )
    if number // 20 % 2 == 0:
        return made
    name = {"merchant_account": f"account-{number}", "payment_id": f"refused-{number}"}
    return structs.replace(made, **name, answered=True)


def refusal(letter: DeadLetter) -> Refusal:
    """The answer that goes with a dead letter."""
    assert letter.merchant_account
    assert letter.payment_id
    return Refusal(
        letter.engine, letter.merchant_account, letter.payment_id, letter.reason, letter.detail, "mend it"
    )


def make_topics(bootstrap: str, engine: str) -> None:
    _make(bootstrap, [Topics(engine)[role] for role in OUTPUTS])


@cache
def make_input_topic(bootstrap: str, name: str) -> None:
    """Makes one topic, where it is not there yet."""
    _make(bootstrap, [name])


def _make(bootstrap: str, names: list[str]) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wanted = [NewTopic(name, 1, config=topic_config(name.rpartition(".")[2])) for name in names]
    for future in admin.create_topics(wanted).values():
        try:
            future.result(30)
        except KafkaException as failure:
            if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


class EngineOutput:
    """Writes decisions and dead letters in transactions, as an engine does; what is aborted never counts."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        make_topics(bootstrap, engine)
        self.engine = engine
        self.sequence = 0
        self._topics = Topics(engine)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": f"{engine}-engine",
                "linger.ms": 1,
                "retry.backoff.ms": 1,
                "retry.backoff.max.ms": 5,
            }
        )
        self._producer.init_transactions()

    def commit(self, rows: int, **changes: object) -> None:
        """`rows` new decisions, for every tenth a duplicate more, for every twentieth a dead letter more,
        every other one answered by a refusal among the decisions.
        """
        self._begin(rows, changes)
        self._producer.commit_transaction()
        self.sequence += rows

    def abort(self, rows: int) -> None:
        """Messages that were sent, but never happened."""
        self._begin(rows, {})
        self._producer.abort_transaction()

    def commit_raw(self, role: str, value: bytes) -> None:
        self._producer.begin_transaction()
        self._producer.produce(self._topics[role], value)
        self._producer.commit_transaction()

    def _begin(self, rows: int, changes: dict[str, object]) -> None:
        self._producer.begin_transaction()
        for sequence in range(self.sequence + 1, self.sequence + rows + 1):
            made = decision(self.engine, sequence, **changes)
            self._produce("decisions", made)
            if sequence % 10 == 0:
                self._produce("decisions", structs.replace(made, duplicate=True))
            if sequence % 20 == 0:
                letter = dead_letter(self.engine, sequence)
                self._produce("dead-letters", letter)
                if letter.answered:
                    self._produce("decisions", refusal(letter))
        self._producer.flush()

    def _produce(self, role: str, message: object) -> None:
        self._producer.produce(self._topics[role], json.encode(message))
