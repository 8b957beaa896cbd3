"""Seals in the headers of chains whose validators are named: Clique, IBFT 2.0 and QBFT.

Read from block 0, whose hash the deployment's record holds. Each later header must be sealed by the
validators that the headers before it lead to:

- **BFT**: by two thirds of the validators that it names, of whom more than a third were validators of the
  block before. Its hash leaves out the seals and the round.
- **Clique**: by one signer who has not sealed one of the last blocks, half of them. More than half of the
  signers' votes add or remove one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, Final

from tonne.audit.proofs.encoding import MALFORMED, decode, sequence, string
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.headers import Header
from tonne.constants import ZERO_WORD
from tonne.crypto import eip712
from tonne.errors import TonneError

VANITY, SEAL, ADDRESS = 32, 65, 20
#: `mixHash` of BFT headers.
BFT_MIX: Final = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
#: Votes of Clique, in `nonce`: to add a signer, to remove one.
ADD, DROP = b"\xff" * 8, bytes(8)
MINER, MIX, NONCE = 2, 13, 14


def without_seals(extra: bytes) -> bytes | None:
    """Extra data under which a BFT chain hashes a header; None where it hashes all of it."""
    bft = _bft(extra)
    return None if bft is None else bft.hashed


def follower(header: Header) -> Seals | None:
    """What checks the seals of a chain, by its block 0; None where headers have none."""
    if _text(header, MIX) == BFT_MIX and (bft := _bft(header.extra)) is not None:
        return BftSeals(bft.validators)
    signers = _listed(header.extra)
    if signers and _text(header, MIX) == ZERO_WORD and header.extra[-SEAL:] == bytes(SEAL):
        return CliqueSeals(signers)
    return None


class Seals(ABC):
    """The validators of the block that was checked last."""

    def __init__(self, validators: Collection[bytes]) -> None:
        self.validators = frozenset(validators)

    def check(self, header: Header) -> None:
        """Takes the next header; raises `Refuted` where its seals are not those of the validators."""
        try:
            self._check(header)
        except (*MALFORMED, TonneError) as error:
            if isinstance(error, Refuted):
                raise
            raise _refuted(header, f"its seals cannot be read: {error!r:.80}") from None

    @abstractmethod
    def _check(self, header: Header) -> None: ...

    @property
    @abstractmethod
    def voucher(self) -> str:
        """Who sealed the last block, in words."""


class _Bft:
    """Extra data of a BFT header: vanity, validators, vote, round, seals."""

    def __init__(self, items: list[Any]) -> None:
        vanity, validators, vote, self.round, self.seals = items
        if len(vanity) != VANITY or any(len(v) != ADDRESS for v in validators):
            raise ValueError("no extra data of a BFT header")
        self.validators: list[bytes] = validators
        self._first = (string(vanity), _encoded(validators), _encoded(vote))
        #: IBFT 2.0 writes the round in four bytes and an absent vote as an empty string.
        self.ibft = len(self.round) == 4 or vote == b""

    @property
    def hashed(self) -> bytes:
        """Without round and seals, as the block's hash has it."""
        return sequence(self._first if self.ibft else (*self._first, b"\x80", b"\xc0"))

    @property
    def sealed(self) -> bytes:
        """Without seals, as the validators sign it."""
        end = (string(self.round),) if self.ibft else (string(self.round), b"\xc0")
        return sequence((*self._first, *end))


def _bft(extra: bytes) -> _Bft | None:
    try:
        items = decode(extra)
        return _Bft(items) if isinstance(items, list) else None
    except MALFORMED:
        return None


def _encoded(item: Any) -> bytes:
    return string(item) if isinstance(item, bytes) else sequence(map(_encoded, item))


class BftSeals(Seals):
    """IBFT 2.0 and QBFT."""

    signed = 0

    def _check(self, header: Header) -> None:
        if header.number == 0:
            return
        bft = _bft(header.extra)
        if bft is None:
            raise _refuted(header, "it has none")
        signed = header.hash_with(bft.sealed)
        signers = {_signer(signed, seal) for seal in bft.seals}
        validators = frozenset(bft.validators)
        if len(validators & signers) * 3 < len(validators) * 2:
            raise _refuted(header, f"{len(validators & signers)} of {len(validators)} signed it")
        if len(self.validators & signers) * 3 <= len(self.validators):
            raise _refuted(header, "too few validators of the block before signed it")
        self.validators, self.signed = validators, len(validators & signers)

    @property
    def voucher(self) -> str:
        return f"the seals of {self.signed} of {len(self.validators)} validators"


class CliqueSeals(Seals):
    """Clique."""

    def __init__(self, validators: Collection[bytes]) -> None:
        super().__init__(validators)
        self._last: list[bytes] = []  # signers of the last blocks, the latest last
        self._votes: dict[tuple[bytes, bytes], bytes] = {}  # by signer and candidate

    def _check(self, header: Header) -> None:
        if header.number == 0:
            return
        signed = header.hash_with(header.extra[:-SEAL])
        signer = _signer(signed, header.extra[-SEAL:])
        if signer not in self.validators:
            raise _refuted(header, f"0x{signer.hex()} is no signer")
        rest = len(self.validators) // 2
        if rest and signer in self._last[-rest:]:
            raise _refuted(header, f"0x{signer.hex()} signed one of the {rest} blocks before")
        self._last = [*self._last[-len(self.validators) :], signer]
        listed = _listed(header.extra)
        if listed:
            self._votes.clear()
            if frozenset(listed) != self.validators:
                raise _refuted(header, "it lists other signers")
        else:
            self._vote(signer, _text(header, MINER), _text(header, NONCE))

    def _vote(self, signer: bytes, candidate: bytes, vote: bytes) -> None:
        """Counts a vote that would change something; the last one of a signer on a candidate holds."""
        self._votes.pop((signer, candidate), None)
        if vote not in (ADD, DROP) or (vote == ADD) == (candidate in self.validators):
            return
        self._votes[signer, candidate] = vote
        votes = sum(of == candidate for _, of in self._votes)
        if votes * 2 <= len(self.validators):
            return
        changed = self.validators | {candidate} if vote == ADD else self.validators - {candidate}
        self.validators = changed
        self._votes = {
            (by, of): told
            for (by, of), told in self._votes.items()
            if of != candidate and by in changed
        }

    @property
    def voucher(self) -> str:
        recent = len(set(self._last) & self.validators)
        return f"the seals of {recent} of {len(self.validators)} signers under the last blocks"


def _listed(extra: bytes) -> list[bytes]:
    """Signers listed in the extra data of Clique."""
    listed = extra[VANITY:-SEAL]
    if len(extra) < VANITY + SEAL or len(listed) % ADDRESS:
        return []
    return [listed[at : at + ADDRESS] for at in range(0, len(listed), ADDRESS)]


def _text(header: Header, place: int) -> bytes:
    """A field of a header as bytes."""
    found = decode(header.fields[place])
    return found if isinstance(found, bytes) else b""


def _signer(digest: bytes, seal: bytes) -> bytes:
    """Who made a seal; its last byte is 0 or 1."""
    signature = seal[:-1] + bytes([seal[-1] + 27])
    return bytes.fromhex(eip712.recover_digest(digest, signature)[2:])


def _refuted(header: Header, fault: str) -> Refuted:
    message = f"Block {header.number} is not sealed by the chain's validators: {fault}."
    return Refuted("AUDIT_SEAL_FALSE", message, header.number)
