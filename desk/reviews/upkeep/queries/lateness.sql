-- What is late: messages that are due and not sent, payments past their deadline.
-- Grain: one row.  Reader: the figures of `tollgate desk`, every few seconds.  Cost: indexes of what is open.
SELECT
    sending.messages AS due_messages,
    coalesce(extract(epoch FROM %(now)s - sending.since), 0)::float8 AS outbox_lag_s,
    open.reviews AS waiting,
    greatest(0, coalesce(extract(epoch FROM %(now)s - open.first_deadline), 0))::float8 AS overdue_s
FROM
    (
        SELECT count(*) AS messages, min(not_before) AS since FROM outbox
        WHERE engine = %(engine)s AND state IN ('waiting', 'sending') AND not_before <= %(now)s
    ) AS sending,
    (
        SELECT count(*) AS reviews, min(deadline_at) AS first_deadline FROM reviews
        WHERE engine = %(engine)s AND state IN ('waiting', 'second')
    ) AS open
