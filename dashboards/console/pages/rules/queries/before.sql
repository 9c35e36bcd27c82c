-- The ruleset that was in effect before another one.
-- Grain: one ruleset.
-- Reader: the page of an earlier ruleset.
-- Cost: a scan of controls of one engine.
SELECT version, live_from, live_until, author, signers, reason, change
FROM v_ruleset_history
WHERE engine = {engine:String} AND live_from < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
    AND (empty({accounts:Array(String)}))
ORDER BY live_from DESC
LIMIT 1
