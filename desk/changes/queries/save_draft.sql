-- Grain: one draft of one author for one engine. Reader: the editor, at every check. Cost: one row by key.
INSERT INTO rule_drafts (engine, author_id, document_text, base_version, updated_at)
VALUES (%(engine)s, %(author_id)s, %(document_text)s, %(base_version)s, %(now)s)
ON CONFLICT (engine, author_id) DO UPDATE
SET document_text = EXCLUDED.document_text, base_version = EXCLUDED.base_version, updated_at = EXCLUDED.updated_at
