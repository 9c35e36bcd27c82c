"""What people look at: reports, meters, boards and objectives, as pages, for Grafana and as pictures.

`report_rows` reads what a report counts and `fraud_report` draws it; `panels` says what a board is, `boards`
holds them, `grafana` and `pictures` draw them; `objectives` makes the rules that watch promises.

Invariants: a board reads metrics of `streams.metrics` and views of the warehouse, never base tables;
what is generated is the same bytes each time. Nothing imports this package.
"""

__all__: list[str] = []
