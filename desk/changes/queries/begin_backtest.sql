-- Grain: one backtest. Reader: whoever asks for one; refused by an index while another runs. Cost: one row.
INSERT INTO backtests (
    backtest_id, engine, version, base_version, days, asked_by_id, asked_by_name, started_at, heard_at
)
VALUES (
    %(backtest_id)s, %(engine)s, %(version)s, %(base_version)s, %(days)s, %(asked_by_id)s, %(asked_by_name)s,
    %(now)s, %(now)s
)
