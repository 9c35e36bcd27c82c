-- How many decisions of one engine there are, and how many an aggregate has added up.
-- Grain: one row. Reader: `tollgate status`. Cost: a scan of one column of one engine, and of one aggregate.
SELECT
    (SELECT count() FROM decisions WHERE engine = {engine:String}) AS rows,
    (SELECT sum(t.decisions) + sum(t.duplicates) FROM {aggregate:Identifier} AS t WHERE engine = {engine:String}) AS sums
