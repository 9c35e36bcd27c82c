-- Grain: one control: what was changed, by whom, signed by whom, and whether the engine took it.
-- Reader: auditors and fraud teams. `signers` are the holders' names where the key was ever trusted, else the key's id.
-- Cost: a scan of `controls`, and of the dead letters of its topics; filter on engine and appended_at.
CREATE OR REPLACE VIEW v_controls AS
SELECT
    c.engine AS engine,
    c.appended_at AS appended_at,
    c.kind AS kind,
    c.target AS target,
    c.version AS version,
    c.author AS author,
    c.reason AS reason,
    arrayMap(key -> if(indexOf(k.keys, key) = 0, key, k.holders[indexOf(k.keys, key)]), c.signed_by) AS signers,
    d.reason = '' AS accepted,
    d.reason AS refusal,
    d.detail AS refusal_detail,
    c.id AS id,
    c.sha256 AS sha256,
    c.value AS value,
    c.present AS present,
    c.expires_at AS expires_at,
    c.issued_at AS issued_at,
    c.log_topic AS log_topic,
    c.log_offset AS log_offset,
    c.change AS change
FROM controls AS c
LEFT JOIN (SELECT engine, groupArray(key) AS keys, groupArray(holder) AS holders FROM v_keys GROUP BY engine) AS k ON k.engine = c.engine
LEFT ANY JOIN
(
    SELECT engine, topic, partition, offset, toString(reason) AS reason, detail
    FROM dead_letters WHERE endsWith(topic, '.controls') OR endsWith(topic, '.history')
) AS d ON d.engine = c.engine AND d.topic = concat(c.engine, '.', c.log_topic) AND d.partition = c.log_partition AND d.offset = c.log_offset
