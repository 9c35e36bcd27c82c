-- Grain: one request to change a list, with what became of it; repeated answers are left out.
-- Reader: case tools' owners who ask why a request was rejected.
-- Cost: a scan of `list_answers`; filter on engine and answered_at, which the table is sorted by.
CREATE OR REPLACE VIEW v_list_answers AS
SELECT
    engine,
    answered_at,
    request,
    status,
    list,
    value,
    author,
    control,
    fault,
    detail
FROM list_answers
WHERE NOT repeated
