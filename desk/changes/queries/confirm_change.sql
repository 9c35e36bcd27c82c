-- Takes what was asked for, once, for anybody but who asked; of two at the same moment one finds nothing.
DELETE FROM asked_changes
WHERE asked_id = %(asked_id)s AND engine = %(engine)s AND kind = %(kind)s AND ends_at > %(now)s
  AND asked_by_id <> %(person_id)s
RETURNING asked_id, fields, reason, asked_by_id, asked_by_name, asked_at, ends_at
