-- Grain: one proposal. Reader: whoever proposes; no row where the same content waits already. Cost: one row.
INSERT INTO change_proposals (
    proposal_id, engine, kind, document_text, document, document_sha256, version, base_version,
    author_id, author_name, reason, proposed_at
)
VALUES (
    %(proposal_id)s, %(engine)s, %(kind)s, %(document_text)s, %(document)s, %(document_sha256)s, %(version)s,
    %(base_version)s, %(author_id)s, %(author_name)s, %(reason)s, %(now)s
)
ON CONFLICT (engine, kind, version) WHERE state IN ('waiting', 'approved') DO NOTHING
RETURNING *
