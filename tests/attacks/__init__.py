"""Attacks on a whole running Tollgate: `make attack`, and the fuzz of every topic that is read.

Each attack is one function, with one line that says what the attacker may do and one what must happen. Good
traffic is sent all the while, and must be decided all the while. Attacks share no code with what they
attack beyond what an attacker has as well: a Kafka client, an HTTP client, the command line, and for insiders
the right to publish.
"""
