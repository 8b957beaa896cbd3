"""Signatures that no key at hand makes: of a wallet elsewhere, or of a wallet that is a contract (ERC-1271).

In a file a signature is bytes. Those of a key are 65: r, s, v. A contract's own has
any length; the contract's address stands before it and a mark behind it. Where a draft awaits a signature,
it has the wallet's address and another mark.
"""

from __future__ import annotations

from typing import Final

from tonne.crypto.accounts import Account, Fees, Signed, checksum
from tonne.crypto.eip712 import Domain, Struct
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused

_CONTRACT: Final = keccak(b"tonne: signature of a contract")
_AWAITED: Final = keccak(b"tonne: signature awaited of a wallet")
_ADDRESS: Final = 20


def by_contract(wallet: str, signature: bytes) -> bytes:
    """The signature of a wallet that is a contract, as files have it."""
    return _address_of(wallet) + signature + _CONTRACT


def contract_signature(signature: bytes) -> tuple[str, bytes] | None:
    """A contract and what it takes as its signature; none for the signature of a key."""
    if not signature.endswith(_CONTRACT) or len(signature) < _ADDRESS + len(_CONTRACT):
        return None
    return _wallet_in(signature), signature[_ADDRESS : -len(_CONTRACT)]


def awaited(wallet: str) -> bytes:
    """The place of a signature that a wallet has still to give."""
    return _address_of(wallet) + _AWAITED


def awaited_wallet(signature: bytes) -> str | None:
    """The wallet whose signature is awaited; none where there is one."""
    if len(signature) != _ADDRESS + len(_AWAITED) or not signature.endswith(_AWAITED):
        return None
    return _wallet_in(signature)


def _address_of(wallet: str) -> bytes:
    return bytes.fromhex(wallet.removeprefix("0x"))


def _wallet_in(signature: bytes) -> str:
    return checksum("0x" + signature[:_ADDRESS].hex())


class ElsewhereAccount(Account):
    """The account of a wallet elsewhere, a Safe's or a browser's: it signs typed data later and no more."""

    __slots__ = ("_elsewhere",)

    def __init__(self, address: str) -> None:
        self._elsewhere = checksum(address)

    @property
    def address(self) -> str:
        return self._elsewhere

    @property
    def address_bytes(self) -> bytes:
        return _address_of(self._elsewhere)

    @property
    def key(self) -> bytes:
        raise self._no_key()

    def sign(self, digest: bytes) -> bytes:
        raise self._no_key()

    def sign_typed(self, struct: Struct, domain: Domain) -> bytes:
        return awaited(self._elsewhere)

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
        raise self._no_key()

    def _no_key(self) -> TonneError:
        return refused("WALLET_ELSEWHERE", elsewhere=self._elsewhere)
