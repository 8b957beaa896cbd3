"""Rules of the market, read from the stored events by questions of their own, apart from the replay.

The replay compares values with the contracts; these ask whether what happened was allowed, with the log as
evidence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tonne.audit.store import queries
from tonne.audit.store.database import Store

#: By name; each has rows of `block`, `place`, `about`.
RULES: Final = {rule.name: rule for rule in queries.read(Path(__file__).with_suffix(".sql"))}


def found(store: Store) -> list[dict[str, Any]]:
    """Every breach, with its rule, block, log and transaction, in the order of the chain."""
    rows = [{"rule": name, **row} for name, rule in RULES.items() for row in store.rows(rule.sql)]
    return sorted(rows, key=lambda row: (row["block"], row["place"], row["rule"]))
