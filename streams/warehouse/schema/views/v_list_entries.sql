-- Grain: one value on one list, as the newest change of it says; values taken off are left out.
-- Reader: fraud teams who ask what is on a list now. An entry whose `expires_at` is past no longer counts.
-- Cost: a scan of v_controls; filter on engine and list.
CREATE OR REPLACE VIEW v_list_entries AS
SELECT
    engine,
    target AS list,
    value,
    argMax(c.author, (c.appended_at, c.log_offset)) AS author,
    argMax(c.reason, (c.appended_at, c.log_offset)) AS reason,
    max(c.appended_at) AS since,
    tupleElement(argMax(tuple(c.expires_at), (c.appended_at, c.log_offset)), 1) AS expires_at
FROM v_controls AS c
WHERE kind = 'list' AND accepted
GROUP BY engine, list, value
HAVING argMax(c.present, (c.appended_at, c.log_offset))
