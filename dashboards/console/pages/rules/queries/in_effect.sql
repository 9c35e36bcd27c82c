-- The ruleset in effect.
-- Grain: one ruleset.
-- Reader: the Rules page.
-- Cost: a scan of controls of one engine.
SELECT version, live_from, live_until, author, signers, reason, change
FROM v_ruleset_history
WHERE engine = {engine:String} AND (empty({accounts:Array(String)}))
ORDER BY live_from DESC
LIMIT 1
