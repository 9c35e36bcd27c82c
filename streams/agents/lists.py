"""The list agent: ENGINE.list-requests -> validated entries on ENGINE.controls, an answer for each on
ENGINE.list-audit.

Requests are taken in batches (`streams.agents.worker`), each one transaction (`streams.agents.answer_log`). A
crash at any point repeats requests at worst, and repeated ones are known.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faust

from models.lists import AnswerMemory, answer_request
from models.messages import Control, encode
from streams.agents.agent_record import AgentRecord
from streams.agents.answer_log import AnswerLog, SealedAnswer
from streams.agents.worker import agent_app, in_batches, raw_topic, run_worker
from streams.errors import Misconfigured
from streams.kafka import Topics, ensure_agent_topics
from streams.keys import Keyring

if TYPE_CHECKING:
    from streams.metrics.by_process import AgentMeters


def make_app(
    bootstrap: str,
    engine: str,
    folder: Path,
    keyring: Keyring | None = None,
    meters: "AgentMeters | None" = None,
) -> faust.App:
    """The agent as a Faust app. Fences an older one of this engine at once."""
    ensure_agent_topics(bootstrap, engine)
    answers = AnswerLog(bootstrap, engine, keyring)
    app = agent_app(bootstrap, f"{engine}-list-agent", folder)

    def answer_all(requests: Sequence[AgentRecord]) -> None:
        batch = answer_batch(requests, answers.asked, answers.sealed)
        answers.commit(batch)
        if meters is not None:
            meters.answered(batch)

    handle = answer_all if meters is None else meters.timed(answer_all)
    if meters is not None:
        meters.ready()

    @app.agent(raw_topic(app, Topics(engine)["list-requests"]))  # type: ignore[untyped-decorator] # Faust has no types
    async def answer(stream: Any) -> None:
        """Every request, answered once."""
        await in_batches(app, stream, handle)

    return app


def answer_batch(
    requests: Sequence[AgentRecord], asked: AnswerMemory, seal: Callable[[Control], bytes] = encode
) -> list[SealedAnswer]:
    """The answers to these requests, in order, noted in `asked`. `seal` makes the record of a control; where
    it may not, the request is rejected.
    """
    batch = []
    for request in requests:
        found = answer_request(request.value, request.offset, request.appended_at, asked)
        value = None
        if found.control is not None:
            try:
                value = seal(found.control)
            except Misconfigured as refused:
                found = found.unauthorised(str(refused))
        asked.remember(found.answer)
        batch.append(SealedAnswer(found, value))
    return batch


def run_list_agent(
    bootstrap: str,
    engine: str,
    folder: Path,
    keyring: Keyring | None = None,
    meters: "AgentMeters | None" = None,
) -> None:
    """Runs the agent until SIGTERM. `keyring`: to sign controls with."""
    run_worker(make_app(bootstrap, engine, folder, keyring, meters))
