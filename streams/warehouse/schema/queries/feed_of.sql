-- The SELECT that fills an aggregate, in ClickHouse's own words, so that there is no second text to keep equal.
-- Grain: one row. Reader: a sink that repeats a range, a rebuild. Cost: none.
SELECT as_select FROM system.tables WHERE database = currentDatabase() AND name = {view:String}
