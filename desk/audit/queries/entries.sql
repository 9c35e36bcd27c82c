-- Grain: one entry of the audit trail, the newest first.
-- Reader: AuditTrail.entries, for the console's audit page and exports.
-- Cost: one page by an index; a filter that hits little reads the entries of its time.
SELECT entry_id, noted_at, user_id, name, action, subject, merchant_account, detail
FROM audit_entries
WHERE (%(user_id)s::uuid IS NULL OR user_id = %(user_id)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(subject)s::text IS NULL OR subject = %(subject)s)
  AND (%(since)s::timestamptz IS NULL OR noted_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR noted_at < %(until)s)
  AND (%(before)s::bigint IS NULL OR entry_id < %(before)s)
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY(%(accounts)s)
    OR (merchant_account IS NULL AND user_id = %(reader)s::uuid))
ORDER BY entry_id DESC
LIMIT %(limit)s
