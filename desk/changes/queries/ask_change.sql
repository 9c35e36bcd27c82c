-- A change that waits for a second person, where fewer than the most wait; what ended is not counted.
INSERT INTO asked_changes (asked_id, engine, kind, fields, reason, asked_by_id, asked_by_name, asked_at, ends_at)
SELECT %(asked_id)s, %(engine)s, %(kind)s, %(fields)s, %(reason)s, %(asked_by_id)s, %(asked_by_name)s, %(now)s, %(ends_at)s
WHERE (SELECT count(*) FROM asked_changes WHERE engine = %(engine)s AND kind = %(kind)s AND ends_at > %(now)s) < %(most)s
