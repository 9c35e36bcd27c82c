-- One payment, locked against everybody else.
-- Grain: one row, or none.  Reader: verdicts, escalations, undo.  Cost: the primary key.
SELECT * FROM reviews
WHERE review_id = %(review)s AND engine = %(engine)s
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
FOR UPDATE
