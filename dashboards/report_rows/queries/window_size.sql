-- Grain: one row: decisions in the window, the oldest among them, and whether anything is known of what became of them.
-- Reader: reports, before they read.
-- Cost: a scan of two columns of `decisions`, and the first outcome.
SELECT
    (SELECT count() FROM decisions
     WHERE engine = {engine:String} AND NOT duplicate
        AND engine_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND engine_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')) AS decisions,
    (SELECT toUnixTimestamp64Milli(min(engine_time)) FROM decisions
     WHERE engine = {engine:String} AND NOT duplicate
        AND engine_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND engine_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')) AS oldest,
    (SELECT count() > 0 FROM outcomes
     WHERE engine = {engine:String} AND kind IN ('authorised', 'declined', 'captured')
        AND cohort_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND appended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')) AS has_outcomes
