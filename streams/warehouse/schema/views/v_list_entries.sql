-- Grain: one value on one list, as the newest change of it says; values taken off are left out.
-- Reader: fraud teams who ask what is on a list now. An entry whose `expires_at` is past no longer counts.
-- Cost: a scan of `controls` of kind list, and of the dead letters of their topics; filter on engine and list.
CREATE OR REPLACE VIEW v_list_entries AS
SELECT engine, list, value, author, reason, since, expires_at
FROM
(
    SELECT
        engine,
        target AS list,
        value,
        c.author AS author,
        c.reason AS reason,
        c.appended_at AS since,
        c.expires_at AS expires_at,
        c.present AS present
    FROM controls AS c
    WHERE kind = 'list' AND (engine, concat(engine, '.', log_topic), log_partition, log_offset) NOT IN
    (
        SELECT engine, topic, partition, offset
        FROM dead_letters WHERE endsWith(topic, '.controls') OR endsWith(topic, '.history')
    )
    ORDER BY c.appended_at DESC, c.log_offset DESC
    LIMIT 1 BY engine, list, value
)
WHERE present
