"""Signs ERC-2612 permits for the Exchange and counts each wallet's nonces."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tonne.crypto.accounts import Account
from tonne.market.permits import PermitDomain


@dataclass(slots=True)
class PermitSigner:
    """Permits in one currency; a wallet may sign under several schemes that settle in it."""

    domain: PermitDomain
    deadline: int  # [s unix]
    nonces: Counter[bytes] = field(default_factory=Counter)  # by wallet

    def sign(self, wallet: Account, amount: int) -> tuple[int, int, bytes, bytes]:
        nonce = self.nonces[wallet.address_bytes]
        self.nonces[wallet.address_bytes] += 1
        return self.domain.sign(wallet, amount, nonce, self.deadline)
