"""Papers: one JSON file each that goes from hand to hand until all sides have signed.

The file holds terms and signatures in the open, with contract and chain. A signature is checked when it is
added and again where it counts; the file need not be trusted.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from tonne import files
from tonne.chain import wallet_signers
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import Awaited, not_awaited
from tonne.crypto import eip712, wallet_signatures
from tonne.crypto.accounts import Account, checksum
from tonne.crypto.eip712 import ADDRESS, Domain, SignatureError, Struct
from tonne.errors import TonneError, refused

#: [bytes] Of a file.
MOST_BYTES: Final = 256 * 1024

#: What reading a file that is no paper can raise.
UNREADABLE: Final = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, TonneError),
)


@dataclass(frozen=True, slots=True)
class Paper(ABC):
    """What several agree on, where it counts, and the signatures it has so far."""

    ticket: Any  # a Struct
    domain: Domain
    signatures: dict[str, bytes]  # by side

    @property
    @abstractmethod
    def keys(self) -> dict[str, str]:
        """Address of the key each side signs with."""

    def message(self, side: str) -> Struct:
        """The message of a side: the ticket, where a paper has nothing else for it."""
        ticket: Struct = self.ticket
        return ticket

    @property
    def hash(self) -> bytes:
        """Digest to be signed, and the ticket's key in the contract."""
        return eip712.digest(self.ticket, self.domain)

    @property
    def missing(self) -> list[str]:
        """Sides that have not signed."""
        return [side for side in self.keys if side not in self.signatures]

    def signed(self, account: Account) -> Self:
        """The file with the signatures of one more account, which must be the key of a side."""
        given = {
            side: account.sign_typed(self.message(side), self.domain)
            for side, key in self.keys.items()
            if checksum(key) == account.address
        }
        if given:
            return replace(self, signatures=self.signatures | given)
        who = ", ".join(f"the {side} with {key}" for side, key in self.keys.items())
        raise refused("TICKET_NOT_PARTY", account_address=account.address, who=who)

    def has_signed(self, chain: Chain, side: str) -> bool:
        """Whether a side's wallet signed: by its key, or as a contract that says so."""
        wallet, signature = self.keys[side], self.signatures.get(side, b"")
        digest = eip712.digest(self.message(side), self.domain)
        try:
            if eip712.recover_digest(digest, signature) == checksum(wallet):
                return True
        except SignatureError:
            pass
        return wallet_signers.answers(chain, wallet, digest, signature)

    @property
    def awaited(self) -> list[Awaited]:
        """The message, for each side that has still to sign it."""
        keys = self.keys
        return [
            Awaited(checksum(keys[s]), self.message(s), self.domain, (s,)) for s in self.missing
        ]

    def with_signature(self, chain: Chain, signature: bytes) -> tuple[Self, Awaited]:
        """The file with the signature of a wallet elsewhere, and which it is."""
        for each in self.awaited:
            given = each.given(chain, signature)
            if given is not None:
                # The ticket names the wallet: the contract takes its signature as it is.
                by_contract = wallet_signatures.contract_signature(given)
                kept = by_contract[1] if by_contract else given
                side = str(each.path[0])
                return replace(self, signatures={**self.signatures, side: kept}), each
        raise not_awaited(signature, bool(self.missing))

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """The file's form."""

    def _around(self) -> dict[str, Any]:
        """What stands beside the terms in every file."""
        return {
            "chainId": self.domain.chain_id,
            "contract": self.domain.contract,
            "hash": "0x" + self.hash.hex(),
            "signatures": {side: "0x" + s.hex() for side, s in self.signatures.items()},
        }

    def write(self, path: Path) -> None:
        """Writes the file in one step."""
        files.write(path, json.dumps(self.as_json(), indent=2) + "\n")


def opened(path: Path) -> dict[str, Any]:
    """Content of a file; raises one of `UNREADABLE` where it is none, or longer than any paper."""
    found: dict[str, Any] = files.read_json(path, MOST_BYTES)
    return found


def place_of(raw: dict[str, Any]) -> tuple[int, str]:
    """Chain id and contract for which a paper is."""
    return number_of(raw["chainId"]), address_of(raw["contract"])


def signatures_in(raw: dict[str, Any]) -> dict[str, bytes]:
    """Signatures of a paper by side."""
    return {side: bytes.fromhex(s.removeprefix("0x")) for side, s in raw["signatures"].items()}


def check(found: Paper, raw: dict[str, Any]) -> None:
    """The file's hash must be that of its terms, its signatures those of its sides."""
    if not set(found.signatures) <= set(found.keys):
        raise ValueError(f"signatures are of {' and '.join(found.keys)}")
    if raw["hash"] != "0x" + found.hash.hex():
        raise ValueError("its hash is not the hash of what it says")


def number_of(value: Any) -> int:
    """A number of a file that fits into a word of the chain."""
    if type(value) is not int or not 0 <= value < 2**256:
        raise ValueError(f"{value!r} is no number")
    return value


def address_of(value: Any) -> str:
    """An address of a file, with the capital letters of EIP-55."""
    if not isinstance(value, str) or ADDRESS.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no address")
    return checksum(value)
