"""`tollgate rules`: check, compare, publish, backtest, explain and roll back rulesets."""
