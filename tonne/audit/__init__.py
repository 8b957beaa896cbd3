"""The outsider's auditor: rebuilds a market from its events alone and compares it with the chain.

Each module replays one room. What it expects is worked out here, from rules and signed figures, in
exact fractions; no arithmetic is shared with the contracts.
"""
