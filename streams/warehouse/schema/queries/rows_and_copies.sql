-- How many decisions of one engine there are, repeated answers not counted, and how many of them decided_payments holds.
-- Grain: one row. Reader: `tollgate status`. Cost: a scan of two columns of one engine.
SELECT
    (SELECT countIf(NOT duplicate) FROM decisions WHERE engine = {engine:String}) AS rows,
    (SELECT count() FROM decided_payments WHERE engine = {engine:String}) AS copies
