-- Grain: one rule of the ruleset in effect whose id holds a text. Rules belong to no merchant account.
-- Reader: the search box.
-- Cost: one ruleset, the newest of `controls`.
SELECT rule
FROM
(
    SELECT arrayJoin(rules) AS rule
    FROM v_ruleset_history
    WHERE engine = {engine:String} AND live_until IS NULL
)
WHERE positionCaseInsensitive(rule, {text:String}) > 0 OR positionCaseInsensitive(rule, {with_lines:String}) > 0
ORDER BY positionCaseInsensitive(rule, {text:String}) = 1 DESC, rule
LIMIT 5
