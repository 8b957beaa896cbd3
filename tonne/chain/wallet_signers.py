"""Who signed a struct: a key, or a wallet that is a contract, which is asked on its chain (ERC-1271)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.crypto import eip712, wallet_signatures
from tonne.crypto.eip712 import Domain, SignatureError, Struct
from tonne.errors import TonneError

#: Answer of a contract that signed; `Signatures` of the contracts asks the same.
MAGIC: Final = bytes.fromhex("1626ba7e")

_ABI: Final = [
    {
        "type": "function",
        "name": "isValidSignature",
        "stateMutability": "view",
        "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
        "outputs": [{"name": "magic", "type": "bytes4"}],
    }
]


def signer_of(
    chain: Chain, struct: Struct, domain: Domain, signature: bytes, block: int | str = "latest"
) -> str:
    """The checksummed address that signed, at a block; SignatureError when none did.

    A signature that is still awaited counts as that of its wallet; a file is complete only without such.
    """
    if (wallet := wallet_signatures.awaited_wallet(signature)) is not None:
        return wallet
    found = wallet_signatures.contract_signature(signature)
    if found is None:
        return eip712.recover(struct, domain, signature)
    wallet, given = found
    if not answers(chain, wallet, eip712.digest(struct, domain), given, block):
        raise SignatureError.of("SIGNATURE_REFUSED", wallet=wallet)
    return wallet


def answers(
    chain: Chain, wallet: str, digest: bytes, signature: bytes, block: int | str = "latest"
) -> bool:
    """Whether a contract says that it signed; an address without code does not."""
    contract = Contract("the wallet", wallet, _ABI)
    try:
        return bool(
            chain.call(contract, "isValidSignature", digest, signature, block=block) == MAGIC
        )
    except TonneError:
        return False


@dataclass(frozen=True, slots=True)
class Awaited:
    """A message that a wallet has still to sign; `path` is the signature's place in its file."""

    wallet: str
    struct: Struct
    domain: Domain
    path: tuple[str | int, ...]

    def as_typed_data(self) -> dict[str, Any]:
        """As `eth_signTypedData_v4` takes it."""
        return eip712.as_typed_data(self.struct, self.domain)

    def given(self, chain: Chain, signature: bytes) -> bytes | None:
        """The signature as the draft keeps it; none where it is not this wallet's of this message."""
        try:
            key = eip712.recover(self.struct, self.domain, signature)
        except SignatureError:
            key = ""
        if key == self.wallet:
            return eip712.expand(signature) if len(signature) == 64 else signature
        digest = eip712.digest(self.struct, self.domain)
        if answers(chain, self.wallet, digest, signature):
            return wallet_signatures.by_contract(self.wallet, signature)
        return None


def not_awaited(signature: bytes, waiting: bool) -> TonneError:
    """The refusal of a signature that no awaited wallet gave."""
    return TonneError(
        "SIGNATURE_NOT_AWAITED",
        "No wallet whose signature is awaited has signed this."
        if waiting
        else "No signature is awaited.",
        field="signature",
        value="0x" + signature.hex(),
        remedy="Sign what `typed-data FILE` shows with the wallet it names, without changing it.",
    )
