"""Accounts derived from a seed: the same simulation has the same addresses."""

from __future__ import annotations

import hmac

from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import CURVE_ORDER


class Keys:
    """Everybody's keys, made from the seed: the same run has the same addresses."""

    def __init__(self, seed: int, run: str = "period") -> None:
        self._secret = f"tonne {run} {seed}".encode()

    def account(self, *labels: str | int) -> Account:
        """The key of a label. For local chains only: who knows the seed knows the key."""
        return Account(self.secret(*labels))

    def secret(self, *labels: str | int) -> bytes:
        """The same without its public half: a salt, or the secret that salts follow from."""
        text = "/".join(str(label) for label in labels)
        digest = hmac.digest(self._secret, text.encode(), "sha256")
        return (int.from_bytes(digest, "big") % (CURVE_ORDER - 1) + 1).to_bytes(32, "big")
