-- Grain: one backtest. Reader: its figures on the page. Cost: one row by key.
SELECT * FROM backtests WHERE backtest_id = %(backtest_id)s
