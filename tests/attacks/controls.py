"""Item 2: who may not sign cannot change how payments are judged, and who may cannot turn time back."""

from tests.attacks.attack import attack, demand
from tests.attacks.insider import publish, rule, ruleset, write
from tests.attacks.stage import Stage
from tests.attacks.topics import NO_RULES, plain_control

REFUSED = "unauthorised"


@attack(
    2, "local user", "write to ENGINE.controls",
    "an unsigned control is a dead letter `unauthorised`",
)  # fmt: skip
def unsigned_control(stage: Stage) -> str:
    return stage.letter(stage.send("controls", plain_control(NO_RULES)), REFUSED)


@attack(
    2, "local user", "write to ENGINE.controls, and read another installation's",
    "a control that another installation signed is refused",
)  # fmt: skip
def foreign_control(stage: Stage) -> str:
    other = f"{stage.engine}-other"
    environment = {"TOLLGATE_HOME": str(stage.home / "other-home")}
    seeded = stage.run("seed", "--engine", other, environment=environment)
    demand(seeded.returncode == 0, f"the other installation: {seeded.stderr[-300:]}")
    seen = {
        stage.letter(stage.send("controls", r.value()), REFUSED) for r in stage.records_of(other, "controls")
    }
    return ", ".join(sorted(seen))


@attack(
    2, "local user", "write to ENGINE.controls, and read it",
    "an older control sent again does not bring an older ruleset back",
)  # fmt: skip
def replayed_control(stage: Stage) -> str:
    path = stage.home / "replayed.yaml"
    documents = [
        f"name: replayed\nversion: 2\nrules:\n  - id: r{n}\n    description: d\n    owner: o\n"
        f"    when: amount > {n} EUR\n    score: 1\n"
        for n in (1_000, 2_000)
    ]
    for document in documents:
        done = stage.run(
            "rules",
            "publish",
            write(path, document),
            "--engine",
            stage.engine,
            "--author",
            "ana",
            "--reason",
            "r",
        )
        demand(done.returncode == 0, f"an honest ruleset could not be published: {done.stderr[-300:]}")
    older = [
        record.value()
        for record in stage.records("controls")
        if b"amount > 1000 EUR" in (record.value() or b"")
    ]
    demand(older, "the first ruleset is not on the log in readable form")
    return stage.letter(stage.send("controls", older[-1]), REFUSED)


@attack(
    2, "rule author", "publish rulesets",
    "the author of a control is who signed it, whatever is typed",
)  # fmt: skip
def typed_author(stage: Stage) -> str:
    from models.messages.control import RulesetChange

    document = ruleset(rule("typed", "amount > 5000 EUR"))
    publish(stage, RulesetChange(document), author="the-head-of-fraud")
    shown = stage.run("rules", "history", "--engine", stage.engine)
    demand(shown.returncode == 0, f"`rules history` failed: {shown.stderr[-300:]}")
    demand(
        "the-head-of-fraud" not in shown.stdout.splitlines()[-1], "history shows the typed name as the author"
    )
    return "history names the key that signed"
