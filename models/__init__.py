"""The vocabulary and the judges: payments, decisions, money, labels; rules, trees, calibration, policy. No I/O."""
