"""A consortium of validators on one machine, for drills: nodes of one chain, each with its key and ports.

The engine is geth 1.13.15 with Clique, the last geth that seals. `docs/consortium.md` says
what it shows and what it lacks beside the engine that operators install.
"""
