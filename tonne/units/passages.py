"""Passages: credits locked on one deployment of tonne and immobilised on another, until they come back.

To lock is to transfer into a *passage account*, whose holding is frozen to the most there is: only an
officer's order moves anything out of it. The transfer's own data name the other chain, its contract and who
receives there, so that the holder's signature is on them. Each such transfer is an issuance of the registry
TONNE; its tonnes are numbered from 1. Both chains keep how each number ended in that registry: once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from tonne import files
from tonne.chain.client import Chain
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import ADDRESS
from tonne.errors import refused, why
from tonne.types import unit_id
from tonne.types.ids import UnitId
from tonne.units import foreign_serials
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import CANCELLED, Batch, Registry, Run, SerialBook

#: Registry of other deployments, by its descriptor.
REGISTRY: Final = "TONNE"
#: Freeze of a passage account: whatever comes in is frozen.
HELD: Final = 2**64 - 1
#: Hexadecimal digits of the credits' address in a serial number.
TAG: Final = 12

_DATA: Final = ("uint256", "address", "address")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Another deployment, as its authority tells it, and the auditors of it who are believed here."""

    chain: int
    credits: str  # address of OffsetCredits
    immobilisation: str
    retirements: str
    checkpoints: str  # address of AuditCheckpoints
    registry: int  # number of the registry TONNE there
    auditors: tuple[str, ...]
    quorum: int  # of them sign a checkpoint that counts

    @classmethod
    def of(cls, chain: Chain, registry: int, auditors: Iterable[str], quorum: int) -> Counterpart:
        """Of the deployment that `chain` is connected to. PASSAGE_QUORUM: fewer auditors than must sign."""
        return cls(
            chain=chain.chain_id,
            credits=chain["OffsetCredits"].address,
            immobilisation=chain["Immobilisation"].address,
            retirements=chain["RetirementRegistry"].address,
            checkpoints=chain["AuditCheckpoints"].address,
            registry=registry,
            auditors=tuple(sorted(set(map(checksum, auditors)))),
            quorum=quorum,
        ).checked()

    @classmethod
    def load(cls, path: Path) -> Counterpart:
        """From the file that `save` writes. PASSAGE_COUNTERPART: it is none."""
        try:
            told = files.read_json(path)
            return cls(
                chain=int(told["chain"]),
                credits=_address(told["credits"]),
                immobilisation=_address(told["immobilisation"]),
                retirements=_address(told["retirements"]),
                checkpoints=_address(told["checkpoints"]),
                registry=int(told["registry"]),
                auditors=tuple(sorted(set(map(_address, told["auditors"])))),
                quorum=int(told["quorum"]),
            ).checked()
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise refused(
                "PASSAGE_COUNTERPART", path=str(path), path_name=path.name, reason=why(error)
            ) from None

    def checked(self) -> Counterpart:
        if not 0 < self.quorum <= len(self.auditors):
            raise refused("PASSAGE_QUORUM", quorum=self.quorum, auditors_count=len(self.auditors))
        return self

    def save(self, path: Path) -> None:
        files.write(path, json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")

    @property
    def tag(self) -> str:
        return tag_of(self.credits)


def _address(text: Any) -> str:
    if not isinstance(text, str) or ADDRESS.fullmatch(text) is None:
        raise ValueError(f"{text!r:.60} is no address")
    return checksum(text)


def tag_of(credits: str) -> str:
    """A deployment in a serial number: the first digits of the address of its credits."""
    return credits[2 : 2 + TAG].upper()


# Serial numbers and accounts


@dataclass(frozen=True, slots=True)
class LockPlace:
    """Where the transfer of a lock is recorded."""

    chain: int
    tag: str
    unit: UnitId
    block: int
    log: int

    def serial(self, first: int, last: int) -> str:
        """Some of its tonnes, as the registry TONNE writes them."""
        unit = (unit_id.vintage_of(self.unit), unit_id.batch_of(self.unit))
        parts = (REGISTRY, self.chain, self.tag, *unit, self.block, self.log, first, last)
        return "-".join(map(str, parts))


def parsed(serial: str) -> SerialBlock:
    """A block of the registry TONNE; raises the refusals of `foreign_serials`."""
    return foreign_serials.parse(REGISTRY, serial)


def is_of(block: SerialBlock, chain: int, tag: str) -> bool:
    """Whether a block was locked on this deployment."""
    return (int(block.said["chain"]), block.said["deployment"].upper()) == (chain, tag)


def place_of(block: SerialBlock) -> tuple[int, int]:
    """Block and log of the lock that a serial number names."""
    return int(block.said["block"]), int(block.said["log"])


def account_text(chain: int, credits: str, unit: int, account: str) -> str:
    """A passage account as the terms of a batch on the other chain name it: one of each unit."""
    return f"eip155:{chain}:{credits}:{unit:#x}:{account}"


def account_named(text: str) -> tuple[int, str, UnitId, str] | None:
    """Chain, credits, unit and account that {account_text} has; None for another text."""
    parts = text.split(":")
    if len(parts) != 5 or parts[0] != "eip155":
        return None
    try:
        unit = UnitId(int(parts[3], 16))
        found = (int(parts[1]), _address(parts[2]), unit, _address(parts[4]))
    except ValueError:
        return None
    return found if account_text(*found) == text else None


def lock_data(chain: int, immobilisation: str, receiver: str) -> bytes:
    """Data of the transfer that locks: where the units go, and to whom there."""
    return encode(_DATA, (chain, immobilisation, receiver))


def destination(data: bytes) -> tuple[int, str, str] | None:
    """Chain, Immobilisation and receiver there; None where the data name none."""
    try:
        chain, immobilisation, receiver = decode(_DATA, data)
    except (DecodingError, ValueError, OverflowError):
        return None
    found = (chain, checksum(immobilisation), checksum(receiver))
    return found if encode(_DATA, found) == data else None


def check_unit(unit: UnitId) -> None:
    """PASSAGE_MARKED: units authorised for use abroad have their Party's mark, which would be lost."""
    if unit_id.is_authorised(unit):
        raise refused("PASSAGE_MARKED", unit=hex(unit), unit_name=unit_id.unit_name(unit))


@dataclass(frozen=True, slots=True)
class OwnLock:
    """A lock of this deployment, as its chain has it."""

    unit: UnitId
    account: str
    holder: str
    amount: int  # [t]
    chain: int  # it is for
    immobilisation: str  # there
    receiver: str  # there


def own_lock(chain: Chain, block: SerialBlock) -> OwnLock:
    """The lock that a serial number names. PASSAGE_NO_LOCK: there is none here, or of fewer tonnes."""
    number, place = place_of(block)
    asked = {
        "address": chain["OffsetCredits"].address,
        "fromBlock": hex(number),
        "toBlock": hex(number),
    }
    logs = chain.rpc.call("eth_getLogs", asked)
    log = next((each for each in logs if int(each["logIndex"], 16) == place), None)
    event = chain.event(log) if log else None
    if event is not None and event.name == "TransferSingle":
        sent = chain.rpc.call("eth_getTransactionByHash", event.tx_hash)
        target = _target(chain, bytes.fromhex(sent["input"][2:]))
        at = LockPlace(chain.chain_id, tag_of(event.address), UnitId(event["id"]), number, place)
        whole = parsed(at.serial(1, event["value"]))
        if target and whole.issuance == block.issuance and block.last <= whole.last:
            return OwnLock(at.unit, event["to"], event["from"], event["value"], *target)
    raise refused("PASSAGE_NO_LOCK", raw=block.raw)


def _target(chain: Chain, call: bytes) -> tuple[int, str, str] | None:
    function = chain["OffsetCredits"].function("safeTransferFrom")
    return (
        destination(function.inputs.decode(call[4:])[4]) if call[:4] == function.selector else None
    )


def check_by_hand(registry: str) -> None:
    """PASSAGE_BY_PROOF: units of another deployment come with a proof, never by an officer's word alone."""
    if registry.strip().upper() == REGISTRY:
        raise refused("PASSAGE_BY_PROOF", registry=registry)


# What both chains keep


def registry_of(book: SerialBook) -> Registry:
    """The registry TONNE of this chain. PASSAGE_REGISTRY: it is not added yet."""
    found = book.named(REGISTRY)
    if found is None:
        raise refused("PASSAGE_REGISTRY", registry=REGISTRY)
    return found


def brought(book: SerialBook, block: SerialBlock) -> bool:
    """Whether a tonne of a block ever came here, released since or not."""
    place = book.place_of(block)
    came = book.brought[place] if place else set()
    return any(first <= block.last and block.first <= last for first, last in came)


def here(book: SerialBook, account: str) -> int:
    """Tonnes that came from a passage account and were not released: alive or retired here [t]."""
    return sum(book.here(b) for b in book.batches.values() if b.terms["account"] == account)


def used_blocks(
    book: SerialBook,
    ended: Iterable[tuple[SerialBlock, int, str]],
    day: int,
    freed: Iterable[Run] = (),
) -> list[tuple[Any, ...]]:
    """Items of `recordUsed`: each block with its use and beneficiary, in the order of its numbers.

    `freed` are runs that a call before it releases.
    """
    from copy import deepcopy

    sets = deepcopy(book.sets)
    for run in freed:
        sets[run.registry, run.series].carve(run.first, run.last)
    items = []
    for block, use, beneficiary in sorted(ended, key=lambda each: each[0].key):
        place = book.place_of(block)
        hint = sets[place].before(block.first) if place else 0
        if place:
            sets[place].add(block.first, block.last, use)
        span = (block.issuance, block.first, block.last, hint)
        items.append((*span, use, day, block.raw, beneficiary))
    return items


def check_unended(book: SerialBook, blocks: Iterable[SerialBlock]) -> None:
    """PASSAGE_ENDED: a block, or a part of it, is on record as retired, or as given back."""
    for block in blocks:
        place = book.place_of(block)
        for use in book.uses_of(place, block.first, block.last) if place else ():
            how = "given back" if use.kind == CANCELLED else "retired"
            raise refused(
                "PASSAGE_ENDED", raw=block.raw, serial=use.first, last_serial=use.last, how=how
            )


def serials_of(book: SerialBook, batch: Batch, runs: Iterable[Run]) -> list[SerialBlock]:
    """Runs of a batch as serial numbers: each a part of the block that came with a lock."""
    told = [t for t in book.told if t.batch == batch.id]
    found = []
    for run in runs:
        for each in told:
            first, last = max(run.first, each.first), min(run.last, each.last)
            if each.series == run.series and first <= last:
                found.append(part(parsed(each.raw), first, last))
    return found


def part(block: SerialBlock, first: int, last: int) -> SerialBlock:
    """Some numbers of a block."""
    head = block.raw.rsplit("-", 2)[0]
    return parsed(f"{head}-{first}-{last}")


def uses(told: Mapping[str, Any]) -> tuple[SerialBlock, int, str]:
    """Block, use and beneficiary of `BlockUsedElsewhere`. PASSAGE_SERIAL: its text names another block."""
    used = told["used"]
    block = parsed(used.serial)
    if (block.issuance, block.first, block.last) != (used.issuance, used.first, used.last):
        raise refused("PASSAGE_SERIAL", serial=used.serial)
    return block, used.use, used.beneficiary
