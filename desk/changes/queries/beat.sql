-- Grain: the one that runs. Reader: the thread that waits for it, every few seconds. Cost: one row by key.
UPDATE backtests SET heard_at = %(now)s WHERE backtest_id = %(backtest_id)s AND state = 'running'
