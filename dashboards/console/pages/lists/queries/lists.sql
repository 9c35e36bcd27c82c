-- The lists there are, with how many entries count now.
-- Grain: list.
-- Reader: fraud teams.
-- Cost: a scan of controls of one engine.
SELECT list, countIf(isNull(expires_at) OR expires_at > now()) AS entries, countIf(expires_at <= now()) AS expired,
    countIf(expires_at > now() AND expires_at <= now() + INTERVAL 7 DAY) AS ending_soon, max(since) AS changed_at
FROM v_list_entries
WHERE engine = {engine:String} AND (empty({accounts:Array(String)}))
GROUP BY list
ORDER BY list
LIMIT 501
