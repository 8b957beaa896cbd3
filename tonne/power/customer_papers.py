"""Customers of an aggregator in the register: the list of their keys, and a paper for each.

Who keeps silent forfeits its bid to its customers. The chain has the root over their keys, each hidden by a
salt, so that nobody reads from it who they are; a customer's paper shows that its own key is under the root.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from tonne import files
from tonne.chain.client import Chain
from tonne.constants import ZERO_ADDRESS
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import ADDRESS
from tonne.crypto.merkle import leaf_hash, merkle_proofs, merkle_root, verify_proof
from tonne.errors import TonneError, refused, why

#: Where a part of a forfeit is taken.
MARKET: Final = "PowerMarket"

#: Keys of one list: each has a file of its own.
MOST_CUSTOMERS: Final = 100_000
#: [bytes] Of a paper: a proof has 32 siblings at most.
_MOST_BYTES: Final = 16 * 1024
_WORD: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_MOST_SIBLINGS: Final = 32

#: Bits of a paper's numbers, as the contracts take them.
_BITS: Final = {"chain": 64, "node": 8, "bidder": 24, "connections": 32, "index": 32}

_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class CustomerPaper:
    """A customer's place in the list of its aggregator."""

    chain: int
    contract: str  # the market, where it is shown
    node: int  # whose office set the list
    bidder: int
    connections: int  # of the list
    root: str
    key: str  # the customer's
    index: int
    salt: str
    proof: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.key}.json"

    def as_json(self) -> str:
        """Content of its file."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @property
    def shown(self) -> tuple[bytes, int, list[bytes]]:
        """Salt, index and proof, as the contract takes them."""
        return _bytes(self.salt), self.index, [_bytes(word) for word in self.proof]

    def is_under(self, root: bytes, connections: int) -> bool:
        """Whether its key is in the list of this root."""
        salt, index, proof = self.shown
        return verify_proof(root, _leaf(salt, self.key), index, connections, proof)


def draw(chain: Chain, node: int, bidder: int, keys: Sequence[str]) -> list[CustomerPaper]:
    """A paper for each key, in their order, with salts of their own."""
    salts = [secrets.token_bytes(32) for _ in keys]
    leaves = [_leaf(salt, key) for salt, key in zip(salts, keys, strict=True)]
    about = (chain.chain_id, checksum(chain[MARKET].address), node, bidder, len(keys))
    root = "0x" + merkle_root(leaves).hex()
    proofs = merkle_proofs(leaves)
    return [
        CustomerPaper(*about, root, key, index, "0x" + salt.hex(), _words(proof))
        for index, (key, salt, proof) in enumerate(zip(keys, salts, proofs, strict=True))
    ]


def read(path: Path, chain: Chain) -> CustomerPaper:
    """The paper of a file, whose key is under the root that it names.

    CUSTOMER_PAPER_UNREADABLE, CUSTOMER_PAPER_ELSEWHERE where it is of another deployment.
    """
    try:
        raw = files.read_json(path, _MOST_BYTES)
        if not isinstance(raw, dict):
            raise ValueError("it has no fields")
        told = {field.name: raw[field.name] for field in fields(CustomerPaper)}
        found = CustomerPaper(**told | {"proof": tuple(raw["proof"])})
        _require_form(found)
    except _UNREADABLE as error:
        raise refused("CUSTOMER_PAPER_UNREADABLE", path=str(path), reason=why(error)) from error
    here = chain.chain_id, chain[MARKET].address.lower()
    if (found.chain, found.contract.lower()) != here:
        elsewhere = found.chain != chain.chain_id
        raise TonneError(
            "CUSTOMER_PAPER_ELSEWHERE",
            "The paper is of another chain or another deployment.",
            field="chain" if elsewhere else "contract",
            value=found.chain if elsewhere else found.contract,
            remedy="Connect to its chain: `tonne status --rpc URL`.",
        )
    return found


def read_keys(path: Path) -> list[str]:
    """Addresses of a file, one a line, none of them twice; the first line may be `key` or `address`.

    CUSTOMER_KEYS_UNREADABLE, _ROW, _TWICE, _NONE, _MANY.
    """
    try:
        lines = files.text(path, files.MAX_FILE_BYTES).removeprefix("\ufeff").splitlines()
    except (OSError, ValueError) as error:
        said = "it is no text" if isinstance(error, UnicodeDecodeError) else why(error)
        raise _refused(
            "CUSTOMER_KEYS_UNREADABLE", f"The file has no list of keys: {said}.", "keys", str(path)
        ) from error
    heading = bool(lines) and lines[0].strip().lower() in ("key", "address")
    rows: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or (heading and number == 1):
            continue
        key = _key(text, number)
        if key in rows:
            raise _refused(
                "CUSTOMER_KEYS_TWICE",
                f"Rows {rows[key]} and {number} have the same key; each customer has a part of its own.",
                f"row {number}",
                text,
            )
        rows[key] = number
        if len(rows) > MOST_CUSTOMERS:
            raise _refused(
                "CUSTOMER_KEYS_MANY",
                f"A list has {MOST_CUSTOMERS:,} keys at most.",
                "keys",
                str(path),
            )
    if not rows:
        raise _refused("CUSTOMER_KEYS_NONE", "The file names no key.", "keys", str(path))
    return list(rows)


def _key(text: str, number: int) -> str:
    """An address of a row with its checksum, which letters of both sizes must be."""
    fault = None
    if ADDRESS.fullmatch(text) is None:
        fault = "is no address: 0x and 40 digits"
    elif text == ZERO_ADDRESS:
        fault = "is nobody's address"
    elif text[2:] not in (text[2:].lower(), text[2:].upper()) and text != checksum(text):
        fault = "is an address with a wrong digit: its capital letters do not fit"
    if fault:
        raise _refused("CUSTOMER_KEYS_ROW", f"Row {number} {fault}.", f"row {number}", text)
    return checksum(text)


def _refused(code: str, said: str, field: str, value: str) -> TonneError:
    return TonneError(
        code,
        said,
        field=field,
        value=value,
        remedy="Write one address a line, as each customer reads it from `tonne energy key --as NAME`.",
    )


def _require_form(paper: CustomerPaper) -> None:
    """ValueError where a field is not what it is to be, or the key not under the root."""
    for name, bits in _BITS.items():
        value = getattr(paper, name)
        if type(value) is not int or not 0 <= value < 2**bits:
            raise ValueError(f"its {name} is no number of {bits} bits")
    for name in ("contract", "key"):
        if ADDRESS.fullmatch(str(getattr(paper, name))) is None:
            raise ValueError(f"its {name} is no address")
    if len(paper.proof) > _MOST_SIBLINGS:
        raise ValueError("its proof is too long")
    if not paper.is_under(_bytes(paper.root), paper.connections):
        raise ValueError("its key is not under its root")


def _leaf(salt: bytes, key: str) -> bytes:
    return leaf_hash(salt + bytes.fromhex(key[2:]).rjust(32, b"\x00"))


def _words(proof: Sequence[bytes]) -> tuple[str, ...]:
    return tuple("0x" + word.hex() for word in proof)


def _bytes(word: str) -> bytes:
    """32 bytes of their digits."""
    if _WORD.fullmatch(str(word)) is None:
        raise ValueError("its root, salt or proof is not of words of 32 bytes")
    return bytes.fromhex(word[2:])
