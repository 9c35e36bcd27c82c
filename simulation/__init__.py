"""The simulator: people, shops, fraud and issuers, whose payments are used wherever made-up ones are needed.

*A payment's id tells its truth.* It carries the parameters of its simulation and, shuffled, the payment's
index in it. From the id alone follow who paid, in which scenario, whether it is fraud, what its issuer would
answer and what would be disputed when, whether it is sent twice, and whether it is broken and how.

Invariants:

* A payment is a pure function of (parameters, index); a draw is a hash, never a generator's next number.
* So is what becomes of it, whatever verdict: a verdict only picks what happens (`aftermath`).
* A second sending, a conflict, a broken message, a label is a pure function of the payment's index; where it
  goes is one of its position in the traffic.
* Any day of a world, any block of traffic can be made without those before it, and which are made together
  changes nothing.
* Nothing depends on the processor: no transcendental decides a bit.

`world` answers for days: payments in their own time, with growth, seasons and drift (`tollgate world`,
`learn`). `traffic` answers for positions: a small world on fast forward, at any rate from any start
(`tollgate simulate`, `demo`, crash tests, benches, the seed model).

Imports `models` and numpy only; does no I/O. Rooms, each importing those before it: `chance`, `payments`,
`people`, `scenarios`, `aftermath`, `world`, `traffic`.
"""
