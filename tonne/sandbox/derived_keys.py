"""Accounts derived from a seed: the same simulation has the same addresses."""

from __future__ import annotations

import hashlib
import hmac

from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import CURVE_ORDER


class Keys:
    """Everybody's keys, made from the seed: the same run has the same addresses."""

    def __init__(self, seed: int, run: str = "period") -> None:
        self._secret = f"tonne {run} {seed}".encode()

    def account(self, *labels: str | int) -> Account:
        """The key of a label. For local chains only: who knows the seed knows the key."""
        text = "/".join(str(label) for label in labels)
        digest = hmac.new(self._secret, text.encode(), hashlib.sha256).digest()
        return Account((int.from_bytes(digest, "big") % (CURVE_ORDER - 1) + 1).to_bytes(32, "big"))
