-- Grain: one draft. Reader: the editor, once its content is proposed or thrown away. Cost: one row by key.
DELETE FROM rule_drafts WHERE engine = %(engine)s AND author_id = %(author_id)s
