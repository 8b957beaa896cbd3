"""Retirement certificates as they stand on chain, and everything about one that can be checked anew.

The registry keeps a claim's hash, the event its words. A beneficiary may stand there as a commitment,
`keccak256(abi.encode(salt, name))`, opened by the holder of the salt.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.contract import Event, encode_values, topic
from tonne.constants import ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused
from tonne.evidence.verification import EvidenceCheck
from tonne.types import unit_id
from tonne.types.ids import UnitId
from tonne.units.serial_lookup import Block, left_units, overlap

RETIRED: Final = 2
#: `CertificateAnswer` of IRetirementRegistry.
DECLINED: Final = 2
INVALIDATED: Final = 3
CLAIM: Final = "(string,bytes32,string,uint32,uint32,bytes2)"
MOST_NAME: Final = 128  # [bytes] of a beneficiary


@dataclass(frozen=True, slots=True)
class Certificate:
    """The registry's record of a retirement, with the words of its event."""

    number: int
    record: Any  #   `Certificate` of IRetirementRegistry
    blocks: tuple[Block, ...]
    claim: Any  #    `Claim` of IRetirementRegistry
    event: Event

    @property
    def unit(self) -> int:
        found: int = self.record.unit
        return found

    @property
    def is_credit(self) -> bool:
        return unit_id.class_of(UnitId(self.unit)) == unit_id.OFFSET_CREDIT

    @property
    def committed(self) -> bool:
        """Whether the beneficiary stands there as a commitment."""
        found: bool = self.claim.commitment != ZERO_WORD
        return found


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening of a commitment: its holder can prove the beneficiary."""

    name: str
    salt: bytes

    @property
    def commitment(self) -> bytes:
        return keccak(encode_values("(bytes32,string)", (self.salt, self.name)))


def read(chain: Chain, number: int, first_block: int) -> Certificate:
    """Certificate `number`: the record, and the event that gave it its words."""
    record, blocks = chain.call_many(
        [
            ("RetirementRegistry", "certificate", (number,)),
            ("RetirementRegistry", "serialsOf", (number,)),
        ]
    )
    events = chain.logs("RetirementRegistry", "UnitsRetired", first_block, topics=[topic(number)])
    if len(events) != 1:
        raise refused("CERTIFICATE_EVENT", certificate=number, events_count=len(events))
    kept = tuple(Block(*block) for block in blocks)
    return Certificate(number, record, kept, events[0]["claim"], events[0])


def claim_hash(claim: Any) -> bytes:
    """The registry's hash of a claim's words: `keccak256(abi.encode(claim))`."""
    return keccak(encode_values(f"({CLAIM})", (tuple(claim),)))


# Checking


def check(
    chain: Chain, certificate: Certificate, first_block: int, opening: Opening | None = None
) -> list[EvidenceCheck]:
    """Everything about a certificate itself: words, record and serial numbers."""
    event, record = certificate.event, certificate.record
    told = (event["id"], event["amount"], tuple(Block(*b) for b in event["blocks"]))
    found = [
        EvidenceCheck(
            "the words of the claim hash to what is stored",
            claim_hash(certificate.claim) == record.claimHash,
            "0x" + record.claimHash.hex(),
        ),
        EvidenceCheck(
            "record and event say the same",
            told == (record.unit, record.amount, certificate.blocks)
            and (record.periodStart, record.periodEnd, record.country)
            == (event["claim"].periodStart, event["claim"].periodEnd, event["claim"].country),
        ),
        EvidenceCheck(
            "it cannot move", chain.call("RetirementRegistry", "locked", certificate.number)
        ),
        _answer(chain, certificate.number),
    ]
    if certificate.is_credit:
        found += _check_serials(chain, certificate, first_block)
    if opening is not None:
        found.append(_check_opening(certificate, opening))
    elif certificate.committed:
        about = "the commitment is to the beneficiary"
        found.append(
            EvidenceCheck(about, None, "needs the name and the salt, which the beneficiary has")
        )
    return found


def _answer(chain: Chain, number: int) -> EvidenceCheck:
    """The holder's own word. A certificate can be made out to a holder who did not ask for it."""
    answer = chain.call("RetirementRegistry", "answerOf", number)
    declined = answer == DECLINED
    detail = "it did: the words are the retiring participant's alone" if declined else ""
    about = "its holder has not declined it"
    return EvidenceCheck(about, None if declined else True, detail)


def _check_serials(chain: Chain, certificate: Certificate, first_block: int) -> list[EvidenceCheck]:
    amount = sum(block.size for block in certificate.blocks)
    left = left_units(chain, first_block)
    own = [one for one in left if one.certificate == certificate.number]
    others = [one for one in left if one.certificate != certificate.number]
    claimed = _claimed(chain, certificate, first_block)
    twice = [
        f"{o.block} ({o.how})"
        for o in others
        if any(overlap(o.block, block) for block in certificate.blocks)
    ] + claimed
    status = chain.call("OffsetCredits", "batch", certificate.unit).status
    return [
        EvidenceCheck(
            "as many serial numbers as units", amount == certificate.record.amount, f"{amount:,} t"
        ),
        EvidenceCheck(
            "the units left for this certificate, with these serial numbers",
            tuple(one.block for one in own) == certificate.blocks
            and {one.unit for one in own} == {certificate.unit}
            and {one.tx_hash for one in own} == {certificate.event.tx_hash},
            certificate.event.tx_hash,
        ),
        EvidenceCheck("no serial number left a second time", not twice, ", ".join(twice)),
        EvidenceCheck(
            "the batch has not been declared invalid",
            status != INVALIDATED,
            "it was; a retirement before keeps its record" if status == INVALIDATED else "",
        ),
    ]


def _claimed(chain: Chain, certificate: Certificate, first_block: int) -> list[str]:
    """Other certificates that name a serial number of this one."""
    return [
        f"certificate {event['certificate']}"
        for event in chain.logs("RetirementRegistry", "UnitsRetired", first_block)
        if event["certificate"] != certificate.number
        and any(overlap(Block(*b), own) for b in event["blocks"] for own in certificate.blocks)
    ]


def _check_opening(certificate: Certificate, opening: Opening) -> EvidenceCheck:
    if not certificate.committed:
        right = certificate.claim.beneficiary == opening.name
        return EvidenceCheck("the beneficiary is the one named", right, "it stands there in clear")
    right = opening.commitment == certificate.claim.commitment
    return EvidenceCheck(
        "the commitment is to the beneficiary", right, opening.name if right else ""
    )


# Commitments


def commit(name: str, path: Path) -> Opening:
    """A commitment to `name` under a fresh salt, which is written to a file that only its owner reads."""
    if not 0 < len(name.encode()) <= MOST_NAME:
        raise TonneError(
            "COMMITMENT_NAME",
            f"A beneficiary's name has 1 to {MOST_NAME} bytes.",
            field="name",
            value=name,
            remedy="Shorten it.",
        )
    opening = Opening(name, secrets.token_bytes(32))
    body = {
        "name": name,
        "salt": "0x" + opening.salt.hex(),
        "commitment": "0x" + opening.commitment.hex(),
    }
    try:
        files.create(path, json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise refused("COMMITMENT_FILE", path=str(path), strerror=error.strerror) from None
    return opening


def read_opening(path: Path) -> Opening:
    """Name and salt out of a file that {commit} wrote."""
    try:
        body = files.read_json(path)
        if not isinstance(body, dict):
            raise ValueError("it has no fields")
        opening = Opening(body["name"], word_of(body["salt"]))
        if "0x" + opening.commitment.hex() != body["commitment"]:
            raise ValueError("name and salt do not give the commitment")
        return opening
    except (OSError, ValueError, KeyError, TypeError, TonneError) as error:
        raise refused("COMMITMENT_UNREADABLE", path=str(path), error=error) from None


def commitment_of(text: str) -> bytes:
    """The commitment in a file that {commit} wrote, or in hex."""
    path = Path(text)
    return read_opening(path).commitment if path.is_file() else word_of(text)


def word_of(text: str) -> bytes:
    """32 bytes in hex: a salt, a commitment."""
    try:
        word = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        word = b""
    if len(word) != 32:
        raise refused("COMMITMENT_WORD")
    return word
