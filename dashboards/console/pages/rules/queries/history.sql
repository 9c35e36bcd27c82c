-- The rulesets that were in effect, without their documents.
-- Grain: one ruleset that the engine took.
-- Reader: the history of rules.
-- Cost: a scan of controls of one engine.
SELECT version, live_from, live_until, author, signers, reason, length(rules) AS rules
FROM v_ruleset_history
WHERE engine = {engine:String} AND (empty({accounts:Array(String)}))
ORDER BY live_from DESC
LIMIT 200
