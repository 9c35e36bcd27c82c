"""`tollgate desk`: what runs for the people's work beside the pages, until SIGTERM."""

import click


@click.command("desk")
@click.option("--engine", default="live", show_default=True, help="Name of the engine.")
def command(engine: str) -> None:
    """Bring reviews into the queue, and what reviewers conclude onto the log.

    Reads ENGINE.decisions and ENGINE.payments; writes ENGINE.disputes, ENGINE.list-requests and the dead
    letters that people put back, each message exactly once. It applies the default to payments without a
    verdict, tells the engine how full the queue is, and publishes a ruleset that was approved where the
    console died before it did. A second one of the same engine takes over from the first, which then ends.
    See docs/review.md.
    """
    from datetime import UTC, datetime

    from desk.audit import AuditTrail
    from desk.bus import DirectWriter, OutboxSender
    from desk.changes import Changes, ControlPlanePublisher, publish_what_was_left
    from desk.database import DeskDatabase, migrate
    from desk.reviews import ReviewDesk, rules_of
    from desk.reviews.upkeep import EngineLoad, KafkaDecisions, ReviewConsumer, ReviewWorker
    from streams.connection import act_as
    from streams.kafka import Topics, check_there, ensure_agent_topics
    from streams.keys import keyring_of
    from streams.metrics import served
    from streams.metrics.by_process import DeskMeters
    from streams.platform.processes import report_ready
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings

    configure_logging()
    act_as("desk")
    stopping, settings = stop_flag(), Settings()
    bootstrap = settings.kafka()
    check_there(bootstrap, Topics(engine)["decisions"])
    ensure_agent_topics(bootstrap, engine)

    def clock() -> datetime:
        return datetime.now(UTC)

    tell = EngineLoad(bootstrap, engine, keyring_of(settings))
    database = DeskDatabase(settings.database(), connections_max=2)
    decisions = KafkaDecisions(bootstrap, engine)
    try:
        migrate(database)
        desk = ReviewDesk(database, engine, AuditTrail(clock), rules_of(settings))
        sender = OutboxSender(database, engine, lambda: DirectWriter(bootstrap, engine))
        changes, publisher = Changes(database, AuditTrail(clock), clock), ControlPlanePublisher(settings)
        with served(settings, "desk", engine) as meters:
            worker = ReviewWorker(
                desk, ReviewConsumer(desk, decisions), sender, tell, clock,
                lambda now: publish_what_was_left(changes, publisher, engine, now),
                watcher=DeskMeters(meters, engine),
            )  # fmt: skip
            report_ready(f"desk-{engine}")
            worker.run(stopping)
    finally:
        decisions.close()
        database.close()
