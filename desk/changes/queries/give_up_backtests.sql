-- Grain: the one that runs, if nothing was heard of it for too long: its console died. Reader: everybody. Cost: one row.
UPDATE backtests
SET state = 'failed', finished_at = %(now)s, trouble = 'the console ended while it ran: start it again'
WHERE state = 'running' AND heard_at < %(silent_since)s
