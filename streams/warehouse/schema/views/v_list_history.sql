-- Grain: one change of one list that the engine took.
-- Reader: fraud teams and auditors who ask who put a value on a list, when and why.
-- Cost: a scan of v_controls; filter on engine and appended_at.
CREATE OR REPLACE VIEW v_list_history AS
SELECT
    engine,
    appended_at,
    target AS list,
    value,
    present,
    expires_at,
    author,
    signers,
    reason,
    id AS control
FROM v_controls
WHERE kind = 'list' AND accepted
