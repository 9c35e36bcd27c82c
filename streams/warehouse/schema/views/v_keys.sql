-- Grain: engine, key that was ever trusted.
-- Reader: auditors who ask whose key signed. A key is named as its newest change of trust names it.
-- Cost: a scan of the controls of kind trust.
CREATE OR REPLACE VIEW v_keys AS
SELECT
    engine,
    pair.1 AS key,
    argMax(pair.2, (appended_at, log_offset)) AS holder,
    min(appended_at) AS first_trusted_at
FROM controls
ARRAY JOIN CAST(keys, 'Array(Tuple(String, String))') AS pair
WHERE kind = 'trust'
GROUP BY engine, key
