-- The granules of the last hours are found by their times: the journal is ordered by batch. Older rows have it once their part is merged.
ALTER TABLE journal
    ADD INDEX IF NOT EXISTS engine_time_range engine_time TYPE minmax GRANULARITY 1
