-- Grain: one rule of one version of the ruleset, at one level.
-- Reader: the page Payment: what the rules that hit look for, as written when the payment was decided.
-- Cost: a scan of the controls of kind ruleset, of which there are few. A rule has no merchant account.
SELECT
    JSONExtractString(rule, 'id') AS id,
    JSONExtractString(rule, 'description') AS description,
    JSONExtractString(rule, 'when') AS condition,
    JSONExtractString(rule, 'owner') AS owner,
    JSONExtractString(rule, 'group') AS of_group,
    JSONExtractString(rule, 'merchant') AS of_merchant
FROM
(
    SELECT change FROM v_ruleset_history
    WHERE engine = {engine:String} AND version = {ruleset:String}
    ORDER BY live_from DESC LIMIT 1
)
ARRAY JOIN JSONExtractArrayRaw(change, 'ruleset', 'rules') AS rule
WHERE has({ids:Array(String)}, id)
