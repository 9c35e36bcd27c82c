-- The queue in figures.
-- Grain: one row.  Reader: page Review, once a poll of a viewer.  Cost: the open reviews of the engine, and
-- those closed within a day.
SELECT
    count(*) FILTER (WHERE state = 'waiting') AS waiting,
    count(*) FILTER (WHERE state = 'second') AS second,
    count(*) FILTER (WHERE state IN ('waiting', 'second') AND queue = 'escalation') AS escalated,
    count(*) FILTER (WHERE claim_until > %(now)s) AS claimed,
    count(*) FILTER (WHERE state IN ('waiting', 'second') AND due_at <= %(now)s) AS overdue,
    coalesce(sum(expected_loss) FILTER (WHERE state IN ('waiting', 'second')), 0)::bigint AS expected_loss,
    count(*) FILTER (WHERE state = 'lapsed') AS lapsed_today,
    count(*) FILTER (WHERE state = 'judged') AS judged_today
FROM reviews
WHERE engine = %(engine)s
  AND (state IN ('waiting', 'second') OR closed_at > %(now)s::timestamptz - interval '24 hours')
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
