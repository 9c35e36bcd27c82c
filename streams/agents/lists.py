"""The list agent: ENGINE.list-requests -> validated entries on ENGINE.controls, an answer for each on
ENGINE.list-audit.

Requests are taken in batches (`streams.agents.worker`), each one transaction (`streams.agents.answer_log`). A
crash at any point repeats requests at worst, and repeated ones are known.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust

from models.lists import AnsweredRequest, AnswerMemory, answer_request
from streams.agents.agent_record import AgentRecord
from streams.agents.answer_log import AnswerLog
from streams.agents.worker import agent_app, in_batches, raw_topic, run_worker
from streams.kafka import Topics, ensure_agent_topics


def make_app(bootstrap: str, engine: str, folder: Path) -> faust.App:
    """The agent as a Faust app. Fences an older one of this engine at once."""
    ensure_agent_topics(bootstrap, engine)
    answers = AnswerLog(bootstrap, engine)
    app = agent_app(bootstrap, f"{engine}-list-agent", folder)

    def handle(requests: Sequence[AgentRecord]) -> None:
        answers.commit(answer_batch(requests, answers.asked))

    @app.agent(raw_topic(app, Topics(engine)["list-requests"]))  # type: ignore[untyped-decorator] # Faust has no types
    async def answer(stream: Any) -> None:
        """Every request, answered once."""
        await in_batches(app, stream, handle)

    return app


def answer_batch(requests: Sequence[AgentRecord], asked: AnswerMemory) -> list[AnsweredRequest]:
    """The answers to these requests, in order, noted in `asked`."""
    batch = []
    for request in requests:
        found = answer_request(request.value, request.offset, request.appended_at, asked)
        asked.remember(found.answer)
        batch.append(found)
    return batch


def run_list_agent(bootstrap: str, engine: str, folder: Path) -> None:
    """Runs the agent until SIGTERM."""
    run_worker(make_app(bootstrap, engine, folder))
