"""Transactions that a daemon's key may sign: its calls of its contracts, on one chain, within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.contract import Contract
from tonne.crypto.accounts import Fees
from tonne.errors import TonneError, refused

#: Calls of each daemon, by contract.
CALLS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "emissions": {"EmissionsOracle": ("submit", "submitBatch"), "Projects": ("submit",)},
    "meters": {"MeterOracle": ("post", "postMany", "answer", "close", "uphold")},
    "solver": {"PowerMarket": ("clear", "release")},
    "settlement": {
        "PowerSettlement": (
            *("post", "postPayments", "pay"),
            *("answer", "answerReading", "prove", "enrol", "countPrices"),
        ),
        "PowerLosses": ("bookAreas",),
        "ReferencePrices": ("fix",),
    },
    "watcher": {
        "PowerMarket": ("forfeit", "dispute", "uphold"),
        "PowerSettlement": (
            *("disputeTotals", "disputeSilence", "disputeDoubt", "disputeAnswer"),
            *("disputeLine", "disputeSums", "disputePayment"),
        ),
    },
}

#: A transfer of nothing to oneself, which consumes a nonce that was left out.
FILL_GAS: Final = 21_000

#: No call of a daemon takes more.
MOST_GAS: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class DaemonCall:
    """What a client asks to have signed."""

    nonce: int
    to: bytes
    data: bytes
    gas: int
    fees: Fees
    value: int


@dataclass(frozen=True, slots=True)
class SignerPolicy:
    """Refuses whatever is not a call of the daemon."""

    chain_id: int
    sender: str
    allowed: Mapping[bytes, frozenset[bytes]]  # address -> selectors
    max_fee_wei: int

    @classmethod
    def of(
        cls,
        daemon: str,
        contracts: Mapping[str, Contract],
        chain_id: int,
        sender: str,
        max_fee_wei: int,
    ) -> SignerPolicy:
        allowed = {
            bytes.fromhex(contracts[name].address[2:]): frozenset(
                overload.selector
                for function in functions
                for overload in contracts[name].overloads(function)
            )
            for name, functions in CALLS[daemon].items()
        }
        return cls(chain_id, sender, allowed, max_fee_wei)

    def read(self, request: Any) -> DaemonCall:
        """The transaction of a request of `eth_signTransaction`; SIGNER_REFUSED with the field."""
        if not isinstance(request, dict):
            raise _refused("transaction", request, "is no object")
        if _number(request, "chainId", self.chain_id) != self.chain_id:
            raise _refused("chainId", request["chainId"], f"is not {self.chain_id}")
        if str(request.get("from", "")).lower() != self.sender.lower():
            raise _refused("from", request.get("from"), f"is not {self.sender}")
        price = "maxFeePerGas" if "maxFeePerGas" in request else "gasPrice"
        priority = _number(request, "maxPriorityFeePerGas") if price == "maxFeePerGas" else None
        wanted = DaemonCall(
            _number(request, "nonce"),
            _bytes(request, "to"),
            _bytes(request, "data"),
            _number(request, "gas"),
            Fees(_number(request, price), priority),
            _number(request, "value", 0),
        )
        self._require_allowed(wanted)
        return wanted

    def _require_allowed(self, wanted: DaemonCall) -> None:
        if wanted.value:
            raise _refused("value", wanted.value, "is not 0")
        if max(wanted.fees.price, wanted.fees.priority or 0) > self.max_fee_wei:
            raise _refused("maxFeePerGas", wanted.fees.price, f"is above {self.max_fee_wei} wei")
        fills = wanted.to.hex() == self.sender[2:].lower() and not wanted.data
        if wanted.gas > (FILL_GAS if fills else MOST_GAS):
            raise _refused("gas", wanted.gas, "is more than a call of the daemon takes")
        if fills:
            return
        selectors = self.allowed.get(wanted.to)
        if selectors is None:
            raise _refused("to", "0x" + wanted.to.hex(), "is no contract of this daemon")
        if wanted.data[:4] not in selectors:
            raise _refused("data", "0x" + wanted.data[:4].hex(), "is no call of this daemon")


def _number(request: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = request.get(name, default)
    if isinstance(value, int) and not isinstance(value, bool) and value == default:
        return value
    try:
        number = int(str(value), 16) if str(value).startswith("0x") else -1
    except ValueError:
        number = -1
    if not 0 <= number < 2**256:
        raise _refused(name, value, "is no number, 0x…")
    return number


def _bytes(request: Mapping[str, Any], name: str) -> bytes:
    value = str(request.get(name, "0x"))
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except ValueError:
        raise _refused(name, value[:80], "is not 0x and hex digits") from None


def _refused(field: str, value: object, what: str) -> TonneError:
    return refused("SIGNER_REFUSED", given=str(value)[:100], field=field, rule=what)
