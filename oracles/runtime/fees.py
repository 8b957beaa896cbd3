"""What a daemon offers for gas: the node's own suggestion, within the operator's bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.rpc import Rpc, RpcFailure, quantity
from tonne.crypto.accounts import Fees

#: A replacement raises cap and tip by a tenth at least, or pools refuse it; an eighth allows for rounding.
_RAISE: Final = (9, 8)

#: Blocks of `eth_feeHistory`, and the percentile of their tips.
_HISTORY: Final = 10
_PERCENTILE: Final = 50


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """Bounds in wei per gas. `least_tip` is what pools such as geth's ask at least."""

    max_fee: int = 500_000_000_000
    least_tip: int = 1
    max_tip: int = 50_000_000_000

    def offer(self, rpc: Rpc) -> Fees | None:
        """Twice the base fee plus a tip; 0 where the node reports free gas. None if a block costs
        more than the limit: the daemon waits."""
        block = rpc.call("eth_getBlockByNumber", "latest", False)
        price = quantity(rpc.call("eth_gasPrice"), "eth_gasPrice")
        base = block.get("baseFeePerGas")
        if base is None:
            return Fees(price) if price <= self.max_fee else None
        if price == 0:
            return Fees(0, 0)
        base_fee = quantity(base, "the base fee")
        tip = min(max(_suggested_tip(rpc), self.least_tip), self.max_tip)
        if base_fee + tip > self.max_fee:
            return None
        return Fees(min(2 * base_fee + tip, self.max_fee), tip)

    def raised(self, last: Fees, offer: Fees) -> Fees | None:
        """A replacement of `last` at no less than `offer`; None if it would exceed a limit."""
        price = max(_more(last.price), offer.price)
        if last.priority is None:
            return Fees(price) if price <= self.max_fee else None
        tip = max(_more(last.priority), offer.priority or 0)
        price = max(price, tip)
        return Fees(price, tip) if price <= self.max_fee and tip <= self.max_tip else None


def _more(wei: int) -> int:
    return wei * _RAISE[0] // _RAISE[1] + 1


def _suggested_tip(rpc: Rpc) -> int:
    try:
        return quantity(rpc.call("eth_maxPriorityFeePerGas"), "eth_maxPriorityFeePerGas")
    except RpcFailure:
        pass
    try:
        history: dict[str, Any] = rpc.call("eth_feeHistory", hex(_HISTORY), "latest", [_PERCENTILE])
        tips = sorted(quantity(row[0], "eth_feeHistory") for row in history.get("reward") or [])
    except RpcFailure:
        return 0
    return tips[len(tips) // 2] if tips else 0
