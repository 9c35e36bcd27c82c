-- How many rows of one engine are counted, and how many an aggregate has added up, from a time on.
-- {{rows}} and {{sums}} stand for how each is counted (streams/warehouse/sink/aggregates.py).
-- Grain: one row. Reader: `tollgate status`. Cost: a scan of a few columns of one engine, and of one aggregate.
SELECT
    (SELECT {{rows}} FROM {{table}} WHERE engine = {engine:String} AND {{row_time}} >= {since:DateTime('UTC')}) AS rows,
    (SELECT {{sums}} FROM {{name}} AS t WHERE engine = {engine:String} AND toDateTime(t.{{grain}}, 'UTC') >= {since:DateTime('UTC')}) AS sums
