"""Statement of one participant's accounts: every movement with block and log."""

from __future__ import annotations

from typing import Any, Final

from tonne.audit.store.database import Store
from tonne.errors import refused

LINES: Final = "SELECT * EXCLUDE owner FROM movements WHERE owner = $who ORDER BY block, place"


def participant(store: Store, account: str) -> int:
    """The participant of a number or a wallet's address."""
    if account.isdigit():
        found = store.rows("SELECT id FROM participants WHERE id = $who", {"who": int(account)})
    else:
        found = store.rows(
            "SELECT participant FROM wallets WHERE lower(wallet) = $who", {"who": account.lower()}
        )
    if not found:
        raise refused("AUDIT_ACCOUNT_UNKNOWN", account=account)
    return int(next(iter(found[0].values())))


def lines(store: Store, who: int) -> list[dict[str, Any]]:
    """Movements of a participant in order."""
    return store.rows(LINES, {"who": who})
