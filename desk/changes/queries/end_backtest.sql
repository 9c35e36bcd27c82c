-- Grain: one backtest. Reader: the thread that waited for it. Cost: one row by key.
UPDATE backtests
SET state = %(state)s, result = %(result)s, trouble = %(trouble)s, finished_at = %(now)s, heard_at = %(now)s
WHERE backtest_id = %(backtest_id)s AND state = 'running'
