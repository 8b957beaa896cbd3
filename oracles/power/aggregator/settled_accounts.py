"""Which of an aggregator's accounts are settled at their node: what others bid is on its own account."""

from __future__ import annotations

from collections.abc import Iterable

from tonne.chain.client import Chain


class SettledAccounts:
    """Asks once for each account that belongs to its node."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._since: dict[tuple[int, int], int] = {}

    def of(self, node: int, accounts: Iterable[int], day: int) -> set[int]:
        """Those that belong to a node on a day."""
        asked = list(accounts)
        new = [account for account in asked if (node, account) not in self._since]
        views = (("PowerSettlement", "memberSince", (node, account)) for account in new)
        told = zip(new, self._chain.call_many(views), strict=True)
        self._since |= {(node, account): since for account, since in told if since}
        return {account for account in asked if 0 < self._since.get((node, account), 0) <= day}
