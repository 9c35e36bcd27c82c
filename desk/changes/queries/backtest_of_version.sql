-- Grain: the newest backtest of one ruleset; one with figures is preferred. Reader: editor and proposal. Cost: an index scan.
SELECT *
FROM backtests
WHERE engine = %(engine)s AND version = %(version)s
ORDER BY (state = 'running') DESC, (state = 'done') DESC, started_at DESC
LIMIT 1
