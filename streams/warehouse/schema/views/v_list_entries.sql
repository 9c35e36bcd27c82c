-- Grain: one value on one list, as the newest change of it says; values taken off are left out.
-- Reader: fraud teams who ask what is on a list now. An entry whose `expires_at` is past no longer counts.
-- Cost: a scan of v_list_history; filter on engine and list.
CREATE OR REPLACE VIEW v_list_entries AS
SELECT
    engine,
    list,
    value,
    argMax(h.author, h.appended_at) AS author,
    argMax(h.reason, h.appended_at) AS reason,
    max(h.appended_at) AS since,
    tupleElement(argMax(tuple(h.expires_at), h.appended_at), 1) AS expires_at
FROM v_list_history AS h
GROUP BY engine, list, value
HAVING argMax(h.present, h.appended_at)
