-- Grain: one ruleset that the engine took, from when until when it was in effect.
-- Reader: fraud teams and auditors who ask which rules were live. `rules` are the ids in the order of the document.
-- Cost: a scan of v_controls; filter on engine.
CREATE OR REPLACE VIEW v_ruleset_history AS
SELECT
    engine,
    appended_at AS live_from,
    nullIf(leadInFrame(appended_at, 1, toDateTime64('1970-01-01', 3, 'UTC')) OVER (PARTITION BY engine ORDER BY appended_at, log_offset
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), toDateTime64('1970-01-01', 3, 'UTC')) AS live_until,
    version,
    author,
    signers,
    reason,
    arrayMap(rule -> JSONExtractString(rule, 'id'), JSONExtractArrayRaw(change, 'ruleset', 'rules')) AS rules,
    change
FROM v_controls
WHERE kind = 'ruleset' AND accepted
