"""Applications for supply: a customer's wallet signs what its supplier shall do for a meter.

Either the supplier opens an account of the customer's own, whose key is named and agrees to it, or it bids by
a standing instruction, whose text is in the file. It is one JSON file; of it a contract takes the key's
consent alone. The supplier checks that the meter's reader, or a wallet of its owner, signed it, and the key,
too: a consent is seen by all once it was used, and names no meter.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from tonne.chain.client import Chain
from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.crypto import eip712
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import Struct
from tonne.crypto.hashing import keccak
from tonne.errors import refused
from tonne.market.signed_papers import (
    UNREADABLE,
    Paper,
    address_of,
    check,
    opened,
    place_of,
    signatures_in,
)
from tonne.power.account_consents import CONSENT_S, AccountConsent
from tonne.power.bid_tree import market_domain
from tonne.power.instructions import StandingInstruction, fault_of

CUSTOMER: Final = "customer"
#: Of an account of its own: the key, which agrees that this supplier opens it.
ACCOUNT: Final = "account"
#: Of an account of its own: the same key, which agrees to the meter that the account is for.
KEY: Final = "key"
#: [bytes] Of an instruction: sixteen orders, and remarks. Names in names take a reader much longer than that.
MOST_TEXT: Final = 4 * 1024
#: Of `WalletRights`: a wallet of a meter's owner needs it, its reader none.
TRADE: Final = 1


@dataclass(frozen=True, slots=True)
class SupplyApplication(Struct):
    """A customer's wishes, which its wallet signs."""

    TYPES: ClassVar = "uint24", "uint32", "uint8", "address", "bytes32", "uint40"

    supplier: int  # participant number
    meter: int
    node: int  # of the market
    key: str  # address of the customer's own account; 0 where the supplier bids for it
    instruction: bytes  # hash of the instruction's text; 0 for an account of its own
    signedAt: int  # [s]; of two instructions for a meter the later counts


@dataclass(frozen=True, slots=True)
class ApplicationFile(Paper):
    """An application on its way from the customer to its supplier."""

    ticket: SupplyApplication
    signer: str  # wallet of the customer
    text: str  # of the instruction; empty for an account of its own

    @property
    def keys(self) -> dict[str, str]:
        found = {CUSTOMER: self.signer}
        if not self.text:
            found[ACCOUNT] = self.ticket.key
            if self.ticket.key != self.signer:  # who signs the application as the customer, too
                found[KEY] = self.ticket.key
        return found

    def message(self, side: str) -> Struct:
        """The application; of the account's key also its consent, which names no meter: the chain has it."""
        return self.consent if side == ACCOUNT else self.ticket

    @property
    def consent(self) -> AccountConsent:
        """That the supplier opens the account."""
        ticket = self.ticket
        return AccountConsent(ticket.key, ticket.supplier, ticket.signedAt + CONSENT_S)

    @property
    def instruction(self) -> StandingInstruction:
        """Of the text; ValueError where it is no instruction."""
        return StandingInstruction.model_validate(tomllib.loads(self.text))

    def as_json(self) -> dict[str, Any]:
        terms = eip712.as_json(self.ticket)
        return {
            "application": terms,
            "signer": self.signer,
            "instruction": self.text,
            **self._around(),
        }


def hash_of(text: str) -> bytes:
    """The hash of an instruction's text, which the application has."""
    return keccak(text.encode())


def speaks_for(chain: Chain, meter: int, wallet: str, right: int = 0) -> bool:
    """Whether a wallet speaks for a meter: that of its reader, or one of its owner's with some rights."""
    owner = chain.call("MeterOracle", "meter", meter).owner
    reader, _ = chain.call("MeterOracle", "readerOf", meter)
    participant, rights, _ = chain.call("Participants", "walletOf", wallet)
    is_owner = bool(participant) and participant == owner and rights & right == right
    return is_owner or checksum(reader) == checksum(wallet)


def read(path: Path) -> ApplicationFile:
    """Reads a file; the hashes in it must be the application's and the instruction's own.

    APPLICATION_UNREADABLE where it is none, or asks for not just one of an account and bids.
    """
    try:
        raw = opened(path)
        domain = market_domain(*place_of(raw))
        ticket = eip712.from_json(SupplyApplication, raw["application"])
        signer, text = address_of(raw["signer"]), _text_of(raw["instruction"])
        found = ApplicationFile(ticket, domain, signatures_in(raw), signer, text)
        check(found, raw)
        _require_one(found)
    except UNREADABLE as error:
        raise refused("APPLICATION_UNREADABLE", path=str(path), reason=fault_of(error)) from error
    return found


def _text_of(value: Any) -> str:
    """An instruction's text, all of which is seen where it is shown."""
    if not isinstance(value, str):
        raise ValueError("its instruction is no text")
    if len(value.encode()) > MOST_TEXT:
        raise ValueError(f"its instruction has more than {MOST_TEXT} bytes")
    if not all(sign.isprintable() or sign in "\n\t" for sign in value):
        raise ValueError("its instruction has signs that are not shown")
    return value


def _require_one(found: ApplicationFile) -> None:
    """ValueError where the file has another text than was signed, or asks for both or nothing."""
    ticket = found.ticket
    if (ticket.key == ZERO_ADDRESS) == (ticket.instruction == ZERO_WORD):
        raise ValueError("it asks for not just one of an account and bids")
    if ticket.instruction == ZERO_WORD:
        if found.text:
            raise ValueError("its instruction is not signed")
        return
    if hash_of(found.text) != ticket.instruction:
        raise ValueError("its instruction is another one than was signed")
    if found.instruction.node != ticket.node:
        raise ValueError("its instruction is for another node")
