-- Grain: one attempt with at least one label, under the label that stands: the strongest, of equal ones the one known last.
-- Reader: analysts and data scientists who ask what a payment turned out to be. Amounts in EUR cents.
-- Cost: a scan of `labels`; filter on engine, and on payment_id where single payments are meant.
CREATE OR REPLACE VIEW v_payment_labels AS
SELECT
    engine,
    merchant_account,
    payment_id,
    attempt,
    argMax(t.stands_after, (t.appended_at, t.log_topic, t.log_offset)) AS label,
    argMax(t.source, (t.strength, t.known_at, t.appended_at, t.log_offset)) AS source,
    min(t.known_at) AS first_known_at,
    max(t.known_at) AS last_known_at,
    count() AS labels,
    argMax(t.cohort_at, t.log_offset) AS cohort_at,
    argMax(t.verdict, t.log_offset) AS verdict,
    argMax(t.decided_by, t.log_offset) AS decided_by,
    argMax(t.deciding_rule, t.log_offset) AS deciding_rule,
    argMax(t.hits, t.log_offset) AS hits,
    argMax(t.model, t.log_offset) AS model,
    argMax(t.payment_reference_amount, t.log_offset) AS payment_reference_amount,
    any(t.merchant_id) AS merchant_id,
    any(t.card) AS card,
    any(t.bin) AS bin,
    any(t.issuer_country) AS issuer_country
FROM labels AS t
GROUP BY engine, merchant_account, payment_id, attempt
