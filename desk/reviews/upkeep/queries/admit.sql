-- Puts a payment that was decided as review into the queue; a repeated decision changes nothing, one of a
-- later phase replaces what is known while nobody has concluded or holds it.
-- Grain: one row.  Reader: the consumer.  Cost: the unique key.
INSERT INTO reviews (
    engine, merchant_account, payment_id, attempt, phase, merchant_id, card, device, tokens, decision, amount,
    currency, reference_amount, probability, expected_loss, rank, eyes, occurred_at, arrived_at, due_at,
    deadline_at, ready_at
) VALUES (
    %(engine)s, %(merchant_account)s, %(payment_id)s, %(attempt)s, %(phase)s, %(merchant_id)s, %(card)s,
    %(device)s, %(tokens)s, %(decision)s, %(amount)s, %(currency)s, %(reference_amount)s, %(probability)s,
    %(expected_loss)s, %(rank)s, %(eyes)s, %(occurred_at)s, %(arrived_at)s, %(due_at)s, %(deadline_at)s,
    %(arrived_at)s
)
ON CONFLICT (engine, merchant_account, payment_id, attempt) DO UPDATE SET
    phase = excluded.phase, tokens = excluded.tokens, decision = excluded.decision,
    probability = excluded.probability, expected_loss = excluded.expected_loss, rank = excluded.rank,
    closed_at = NULL,
    state = CASE WHEN EXISTS (
        SELECT FROM review_verdicts WHERE review_id = reviews.review_id AND undone_at IS NULL
    ) THEN 'second' ELSE 'waiting' END
WHERE reviews.state IN ('waiting', 'withdrawn') AND reviews.claimed_by IS NULL AND reviews.phase <> excluded.phase
RETURNING review_id
