-- Grain: the one that runs. Reader: who has to wait for it. Cost: one row by index.
SELECT asked_by_name, started_at FROM backtests WHERE state = 'running'
