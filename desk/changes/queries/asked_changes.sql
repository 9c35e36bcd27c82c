-- What waits for a second person, the oldest first.
SELECT asked_id, fields, reason, asked_by_id, asked_by_name, asked_at, ends_at FROM asked_changes
WHERE engine = %(engine)s AND kind = %(kind)s AND ends_at > %(now)s ORDER BY asked_at LIMIT %(most)s
