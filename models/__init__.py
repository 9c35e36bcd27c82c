"""The vocabulary and the judges: payments, decisions, money; rules, trees, calibration, policy. No I/O."""
