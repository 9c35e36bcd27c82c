"""The board of risk leads who want to know now: verdicts, what brought them about, the model's scores."""

from typing import Final

from dashboards.panels import Board, BoardPanel, quantiles, series

JUDGEMENT: Final = Board(
    "tollgate-judgement",
    "Tollgate: Judgement",
    "How payments are judged now. What it is worth, only labels say: see the boards on the warehouse.",
    {
        "Verdicts": (
            BoardPanel(
                "Share of verdicts",
                "Of new decisions.",
                (
                    series(
                        'sum by (verdict) (rate(tollgate_decisions_total{engine="$engine"}[$interval])) '
                        '/ on () group_left sum(rate(tollgate_decisions_total{engine="$engine"}[$interval]))',
                        "{{verdict}}",
                        "verdict",
                    ),
                ),
                "percentunit",
                "stack",
                width=12,
            ),
            BoardPanel(
                "Declined: last hour and last day",
                "Twice the day's share, and 2 points more, is an alert.",
                (
                    series('tollgate:declined:ratio_rate1h{engine="$engine"}', "last hour", "engine"),
                    series('tollgate:declined:ratio_rate1d{engine="$engine"}', "last day", "engine"),
                ),
                "percentunit",
                width=12,
            ),
            BoardPanel(
                "What brought the verdict about",
                "policy: the model's probability and the costs; block, allow ...: a rule.",
                (
                    series(
                        'sum by (decided_by) (rate(tollgate_decided_by_total{engine="$engine"}[$interval]))',
                        "{{decided_by}}",
                        "decided_by",
                    ),
                ),
                "cps",
                "stack",
                width=12,
            ),
            BoardPanel(
                "Decided without",
                "Payments for which something was missing; without a model, ruleset or policy: the fallback.",
                (
                    series(
                        "sum by (missing) "
                        '(rate(tollgate_degraded_decisions_total{engine="$engine"}[$interval]))',
                        "{{missing}}",
                        "missing",
                    ),
                ),
                "cps",
                width=12,
            ),
        ),
        "Model": (
            BoardPanel(
                "Probabilities of fraud",
                "Of new decisions.",
                quantiles("tollgate_model_probability"),
                "percentunit",
            ),
            BoardPanel(
                "Stability of scores (PSI)",
                "Newest 5,000 scores against the days before. Above 0.25 is a shift to act on.",
                (series('tollgate_model_score_psi{engine="$engine"}', "PSI"),),
                limit=0.25,
            ),
            BoardPanel(
                "Challenger on trial",
                "1: a second model scores all payments.",
                (series('tollgate_challenger_on_trial{engine="$engine"}', "on trial"),),
            ),
        ),
    },
)
