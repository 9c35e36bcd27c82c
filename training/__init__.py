"""From history to a model: data sets, training, measures, gates, registry and reports.

Invariant: nothing here knows Kafka or where payments come from; `learning` joins it with `streams`. Imports
`models`, `features`, `simulation`, `storage` and the training libraries.
"""
