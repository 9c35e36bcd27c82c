-- Grain: one row, the newest decision that may be seen; none where there is none.
-- Reader: the page Live, where the last two hours are empty.
-- Cost: read from the newest row backwards until one fits: one granule. An account without payments is in no granule, by the index of `decisions`.
SELECT engine_time AS at
FROM v_decisions
WHERE engine = {engine:String}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
ORDER BY engine_time DESC
LIMIT 1
