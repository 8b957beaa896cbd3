"""A sender with its key on another machine, over Web3Signer's JSON-RPC (`eth_signTransaction`).

Only the signature of the answer is used. The daemon sends the transaction that it requested, and the
signature must be the sender's. A signer that signs another transaction is detected before anything
is sent.
"""

from __future__ import annotations

from typing import Any, NoReturn

import rlp

from tonne.chain.rpc import Rpc, RpcFailure, RpcUnreachable
from tonne.crypto.accounts import Account, Fees, Signed, Unsigned, checksum
from tonne.crypto.eip712 import SignatureError, recover_digest
from tonne.errors import TonneError, refused, why

#: Fields of a signed transaction, by its kind; the signature is the last three.
FIELDS_OF_TYPED, FIELDS_OF_PLAIN = 12, 9


class RemoteAccount(Account):
    """Signs transactions and nothing else; a fault of the signer is one of the infrastructure."""

    __slots__ = ("_address", "_rpc")

    def __init__(self, rpc: Rpc, address: str) -> None:
        self._rpc = rpc
        self._address = checksum(address)

    @property
    def address(self) -> str:
        return self._address

    @property
    def address_bytes(self) -> bytes:
        return bytes.fromhex(self._address[2:])

    @property
    def key(self) -> bytes:
        self._refuse("the key is not here")

    def sign(self, digest: bytes) -> bytes:
        self._refuse("the signer signs transactions only")

    def sign_transaction(
        self,
        chain_id: int,
        nonce: int,
        to: bytes,
        data: bytes,
        gas: int,
        fees: Fees,
        value: int = 0,
    ) -> Signed:
        request: dict[str, Any] = {
            "from": self.address,
            "to": "0x" + to.hex(),
            "gas": hex(gas),
            "nonce": hex(nonce),
            "value": hex(value),
            "data": "0x" + data.hex(),
            "chainId": hex(chain_id),
        }
        if fees.priority is None:
            request["gasPrice"] = hex(fees.price)
        else:
            request["maxFeePerGas"] = hex(fees.price)
            request["maxPriorityFeePerGas"] = hex(fees.priority)
        unsigned = Unsigned.of(chain_id, nonce, to, data, gas, fees, value)
        recovery, r, s = _signature_in(self._ask(request), unsigned.typed)
        try:
            signer = recover_digest(unsigned.digest, r + s + bytes((27 + recovery,)))
        except SignatureError as error:
            raise _wrong(error.message) from None
        if signer != self.address:
            raise _wrong("it signed another transaction, or with another key")
        return unsigned.signed(recovery, r, s)

    def _ask(self, request: dict[str, Any]) -> Any:
        try:
            return self._rpc.call("eth_signTransaction", request)
        except (RpcFailure, RpcUnreachable) as failure:
            raise refused(
                "SIGNER_FAILED", address=self.address, failure_message=failure.message
            ) from None

    def _refuse(self, reason: str) -> NoReturn:
        raise refused("SIGNER_TRANSACTIONS_ONLY", address=self.address, reason=reason)


def open_account(rpc: Rpc, address: str | None = None) -> RemoteAccount:
    """The signer's account, or the named one of several."""
    found = rpc.call("eth_accounts")
    known = [checksum(entry) for entry in found] if isinstance(found, list) else []
    if address is None and len(known) == 1:
        return RemoteAccount(rpc, known[0])
    if address is not None and checksum(address) in known:
        return RemoteAccount(rpc, address)
    raise TonneError(
        "SIGNER_ACCOUNT",
        f"The signer has {len(known)} accounts" + (", not this one." if address else "."),
        field="sender",
        value=address,
        remedy="Name one of them with --sender: " + (", ".join(known[:5]) or "it has none") + ".",
    )


def _signature_in(answer: Any, typed: bool) -> tuple[int, bytes, bytes]:
    """(recovery id, r, s) of a signed transaction as the signer gives it, 0x…"""
    try:
        raw = bytes.fromhex(str(answer).removeprefix("0x"))
        fields = rlp.decode(raw[1:] if typed else raw)
        if len(fields) != (FIELDS_OF_TYPED if typed else FIELDS_OF_PLAIN):
            raise ValueError("it is a transaction of another kind")
        v, r, s = (int.from_bytes(field, "big") for field in fields[-3:])
        recovery = v if typed else (v - 35) % 2
        if recovery not in (0, 1):
            raise ValueError(f"its v is {v}")
        return recovery, r.to_bytes(32, "big"), s.to_bytes(32, "big")
    except (ValueError, TypeError, OverflowError, rlp.DecodingError) as error:
        raise _wrong(why(error)) from None


def _wrong(reason: str) -> TonneError:
    return refused("SIGNER_WRONG_ANSWER", reason=reason)
