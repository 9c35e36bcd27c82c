"""A model card in Markdown: what a model is for, what it learned from, how it does and where it falls short
(Mitchell et al. 2019, "Model cards for model reporting")."""

from training.report.report import TrainingReport, figure, share


def card(report: TrainingReport) -> str:
    """The card of the model that a report speaks of."""
    lines = [f"# {report.title}", "", f"Version `{report.version}`.", ""]
    lines += ["## Use", "", *_USE, "", "## Data", "", *_table(("", ""), list(report.facts.items()))]
    lines += ["", "## Figures", "", "On weeks that nothing was learned from.", ""]
    rows = [(name, *(figure(value) for value in values)) for name, values in report.figures.items()]
    lines += _table(("", *report.models), rows)
    lines += ["", "## Segments", ""]
    lines += _table(
        ("segment", "payments", "frauds", "average precision", "predicted", "observed"),
        [(f"{s.by}: {s.kind}", figure(s.payments), figure(s.frauds), figure(s.precision), share(s.predicted),
          share(s.observed)) for s in report.segments],
    )  # fmt: skip
    lines += ["", "## Limits", "", *(f"- {words}" for words in (*report.warnings, *_LIMITS)), ""]
    return "\n".join(lines)


_USE = (
    "Probability that a payment will turn out to be fraud, asked before authorisation. A policy weighs it "
    "against costs; rules may overrule it. It is not for deciding about people, credit or employment.",
)
_LIMITS = (
    "Payments that were declined have no label: the model knows fraud that was let through, and what the "
    "random draw let through where one runs.",
    "Friendly fraud and disputes over goods are not fraud here.",
    "It learned from tokens and amounts of the past; a new kind of attack looks like nothing it has seen.",
)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    cells = [head, tuple("---" for _ in head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]
