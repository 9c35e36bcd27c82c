"""The vocabulary of payments, and the judges: messages, money, reference data; rules, model, SCA, policy.

No I/O, no clock, no randomness: everything here is a function of its arguments, so that live, replayed and
offline decisions agree. Imports no other package of ours; the order of the rooms is a contract in
pyproject.toml. Loose modules: `arrays` (types), `units`, `versions` (content hashes), `cohort_draw` (who is
in a share), `seed` (what a fresh installation starts with).
"""
