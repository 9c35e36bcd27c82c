-- Grain: one draft. Reader: the editor when it opens. Cost: one row by key.
SELECT document_text, base_version, updated_at
FROM rule_drafts
WHERE engine = %(engine)s AND author_id = %(author_id)s
