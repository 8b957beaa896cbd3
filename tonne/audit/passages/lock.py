"""The proof of a lock: a transfer into a passage account, its data, and the holding at the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.passages.proof_file import ProvenBlock, refuted
from tonne.audit.replay.slots import mapping_slot
from tonne.audit.units.unit_balances import ACCOUNTS, RIGHTS, ROWS
from tonne.chain.contract import Contract
from tonne.constants import ZERO_ADDRESS
from tonne.crypto.accounts import checksum
from tonne.errors import TonneError, refused
from tonne.types import packing
from tonne.types.ids import UnitId
from tonne.units import passages
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import SerialBook
from tonne.units.passages import Counterpart, LockPlace

TRANSFER: Final = "safeTransferFrom"
_HOLDING: Final = packing.Layout(balance=64, frozen=64)


@dataclass(frozen=True, slots=True)
class Lock:
    """Credits locked on another deployment for this one."""

    block: SerialBlock  # all of its tonnes
    unit: UnitId  # there
    holder: str  # who locked them there
    receiver: str  # here
    account: str  # as the terms of a batch here name it
    held: int  # balance of the passage account at the checkpoint [t]

    @property
    def amount(self) -> int:
        return self.block.quantity


def holding_slot(unit: int, account: str) -> int:
    """Slot of an account's balance and freeze in OffsetCredits."""
    return mapping_slot(int(account, 16), mapping_slot(unit, RIGHTS + ROWS) + ACCOUNTS)


def read(
    proven: ProvenBlock, origin: Counterpart, here: tuple[int, str], credits_: Contract
) -> Lock:
    """The lock that a file proves; `here` are chain id and Immobilisation of this deployment.

    `credits_` has the ABI. PASSAGE_REFUTED, PASSAGE_OTHER_DESTINATION, PASSAGE_NOT_HELD.
    """
    if len(proven.serials) != 1:
        raise refuted("it is about several locks, or none")
    place = passages.place_of(passages.parsed(proven.serials[0]))
    if place[0] != proven.header.number:
        raise refuted(f"it proves block {proven.header.number}, its lock is of block {place[0]}")
    log = proven.log(place[1])
    event = credits_.decode_log(log)
    moved = checksum(log["address"]) == origin.credits and event is not None
    if not moved or event is None or event.name != "TransferSingle":
        raise refuted(f"log {place[1]} is no transfer of its credits")
    args = event.args
    at = LockPlace(origin.chain, origin.tag, UnitId(args["id"]), *place)
    block = passages.parsed(at.serial(1, args["value"]))
    if block.key != passages.parsed(proven.serials[0]).key:
        raise refuted("its serial number is not that of the transfer")
    data = _data(proven, int(log["transactionIndex"], 16), args, origin, credits_)
    target = passages.destination(data)
    if target is None or target[:2] != here:
        told = "names none" if target is None else f"names {target[1]} on chain {target[0]}"
        raise refused("PASSAGE_OTHER_DESTINATION", raw=block.raw, detail=told)
    word = proven.word(credits_.name, origin.credits, holding_slot(at.unit, args["to"]))
    holding = _HOLDING.unpack(word)
    if holding["frozen"] < holding["balance"] or holding["balance"] < args["value"]:
        raise TonneError(
            "PASSAGE_NOT_HELD",
            f"At block {proven.last.number:,} the account {args['to']} has {holding['balance']:,} t,"
            f" {holding['frozen']:,} of them frozen: the lock does not hold.",
            field="serial",
            value=block.raw,
            remedy="Its authority freezes the account: `tonne passage hold UNIT ACCOUNT`.",
        )
    account = passages.account_text(origin.chain, origin.credits, at.unit, args["to"])
    return Lock(block, at.unit, args["from"], target[2], account, holding["balance"])


def _data(
    proven: ProvenBlock, index: int, args: dict[str, Any], origin: Counterpart, credits_: Contract
) -> bytes:
    """Data of the transfer, which its holder signed: the transaction calls the credits and nothing else."""
    tx, sender = proven.transactions[index], proven.senders[index]
    call = bytes.fromhex(tx["input"][2:])
    function = credits_.function(TRANSFER)
    direct = checksum(tx["to"] or ZERO_ADDRESS) == origin.credits
    if not direct or call[:4] != function.selector or sender != args["from"]:
        raise refuted("its transaction is no transfer that the holder signed")
    source, to, id_, value, data = function.inputs.decode(call[4:])
    if (source, to, id_, value) != (args["from"], args["to"], args["id"], args["value"]):
        raise refuted("its transaction is another transfer")
    found: bytes = data
    return found


def check_new(book: SerialBook, lock: Lock) -> None:
    """PASSAGE_KNOWN: a tonne of the lock came here before, or ended. PASSAGE_UNCOVERED: the passage account
    has less than what came out of it and this lock."""
    passages.check_unended(book, [lock.block])
    if passages.brought(book, lock.block):
        raise refused("PASSAGE_KNOWN", raw=lock.block.raw)
    out = passages.here(book, lock.account)
    if lock.held < out + lock.amount:
        raise refused(
            "PASSAGE_UNCOVERED", raw=lock.block.raw, held=lock.held, out=out, amount=lock.amount
        )
