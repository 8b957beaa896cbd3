"""A proof in a file: a block with all its receipts and transactions, and headers that lead to a checkpoint.

Auditors signed the checkpoint. The file is checked without a node of that chain, by the rules of the proven
reader. Only facts that the checkpoint's hash binds count: receipts and transactions by their roots, storage
by the state root of the checkpoint's block. That the checkpoint is one of the true chain, its auditors say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tonne import files
from tonne.audit.checkpoints import SignedCheckpoint
from tonne.audit.proofs import headers, receipts, seals, storage, transactions
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.headers import Header
from tonne.chain.client import Chain
from tonne.crypto import eip712
from tonne.errors import TonneError, refused, why
from tonne.units.passages import Counterpart

FORM: Final = 1
#: Blocks between the event and its checkpoint; each takes 2 kB of the file.
MOST_HEADERS: Final = 20_000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """A block that a checkpoint binds, and words of storage at the checkpoint."""

    header: Header
    logs: Sequence[Json]
    transactions: Sequence[Json]
    senders: Sequence[str]
    last: Header  # of the checkpoint
    serials: Sequence[str]  # which the file is about
    storage: Mapping[str, Any] = field(repr=False)  # answer of `eth_getProof`

    def log(self, place: int) -> Json:
        """PASSAGE_REFUTED where the block has no such log."""
        if not 0 <= place < len(self.logs):
            raise refuted(f"block {self.header.number} has no log {place}")
        return self.logs[place]

    def word(self, contract: str, address: str, slot: int) -> int:
        """A slot of a contract at the checkpoint's block."""
        try:
            place = bytes.fromhex(address[2:])
            about = (contract, self.last.number)
            return storage.words(self.storage, place, [slot], self.last.state_root, about)[slot]
        except Refuted as error:
            raise refuted(str(error.finding)) from None


# Writing


def write(
    path: Path,
    chain: Chain,
    block: int,
    signed: Sequence[SignedCheckpoint],
    serials: Sequence[str],
    stored: tuple[str, Sequence[int]],
) -> int:
    """Writes the proof of a block up to the first checkpoint behind it; the checkpoint's block.

    `stored` are slots of a contract that are proven beside. PASSAGE_NO_CHECKPOINT: none is behind the block.
    """
    later = sorted({each.block for each in signed if each.block >= block})
    if not later:
        raise refused("PASSAGE_NO_CHECKPOINT", block=block)
    end = later[0]
    if end - block > MOST_HEADERS:
        raise refused(
            "PASSAGE_CHECKPOINT_FAR",
            end=end,
            distance=end - block,
            block=block,
            most_headers=MOST_HEADERS,
        )
    rpc = chain.rpc
    first = rpc.call("eth_getBlockByNumber", hex(block), True)
    rest: list[Json] = []
    for start in range(block + 1, end + 1, headers.HEADERS):
        numbers = range(start, min(start + headers.HEADERS, end + 1))
        rest += rpc.batch_or_raise([("eth_getBlockByNumber", [hex(n), False]) for n in numbers])
    found = rpc.batch_or_raise(
        [("eth_getTransactionReceipt", [tx["hash"]]) for tx in first["transactions"]]
    )
    contract, slots = stored
    keys = ["0x" + slot.to_bytes(32, "big").hex() for slot in slots]
    told = {
        "form": FORM,
        "chain": chain.chain_id,
        "credits": chain["OffsetCredits"].address,
        "serials": list(serials),
        "block": first,
        "receipts": found,
        "headers": rest,
        "checkpoints": [json.loads(each.line()) for each in signed if each.block == end],
        "storage": rpc.call("eth_getProof", chain[contract].address, keys, hex(end)),
    }
    files.write(path, json.dumps(told) + "\n")
    return end


# Checking


def read(path: Path, origin: Counterpart) -> ProvenBlock:
    """The block that a file proves of another deployment.

    PASSAGE_UNREADABLE, PASSAGE_OTHER_ORIGIN, PASSAGE_UNVOUCHED, PASSAGE_REFUTED.
    """
    told = _told(path)
    if (told["chain"], told["credits"]) != (origin.chain, origin.credits):
        raise refused(
            "PASSAGE_OTHER_ORIGIN",
            path=str(path),
            credits=told["credits"],
            chain=told["chain"],
            origin_credits=origin.credits,
            origin_chain=origin.chain,
        )
    try:
        header, last = _linked(told)
        _vouched(told["checkpoints"], last, origin)
        logs = receipts.check(header, told["receipts"])
        senders = transactions.of_block(header.number, header.hash, told["block"])
    except Refuted as error:
        raise refuted(str(error.finding)) from None
    listed: list[Json] = told["block"]["transactions"]
    serials = [str(each) for each in told["serials"]]
    return ProvenBlock(header, logs, listed, list(senders.values()), last, serials, told["storage"])


def _told(path: Path) -> Json:
    names = {
        "chain",
        "credits",
        "serials",
        "block",
        "receipts",
        "headers",
        "checkpoints",
        "storage",
    }
    try:
        told = files.read_json(path)
        if told["form"] != FORM or not names <= set(told):
            raise ValueError("it is of another form")
        lists = ("serials", "receipts", "headers", "checkpoints")
        if not all(isinstance(told[name], list) for name in lists):
            raise ValueError("it is of another form")
        if len(told["headers"]) > MOST_HEADERS:
            raise ValueError("it has more headers than a proof may have")
        found: Json = told
        return found
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise refused("PASSAGE_UNREADABLE", path=str(path), reason=why(error)) from None


def _linked(told: Json) -> tuple[Header, Header]:
    """The block's header and the checkpoint's, each following the one before it."""
    try:
        block = told["block"]
        bare = {**block, "transactions": [tx["hash"] for tx in block["transactions"]]}
        number = int(block["number"], 16)
    except (KeyError, TypeError, ValueError):
        raise refuted("its block cannot be read") from None
    first = last = headers.read(bare, number, seals.without_seals)
    for place, answer in enumerate(told["headers"], start=number + 1):
        header = headers.read(answer, place, seals.without_seals)
        if header.parent != last.hash:
            raise refuted(f"block {place} does not follow block {place - 1}")
        last = header
    return first, last


def _vouched(lines: Sequence[Json], last: Header, origin: Counterpart) -> None:
    """PASSAGE_UNVOUCHED unless enough of the auditors signed one checkpoint of the last block."""
    signers: dict[bytes, set[str]] = {}
    for line in lines:
        try:
            signed = SignedCheckpoint(**line)
            told, domain = signed.struct, signed.domain
            signer = eip712.recover(told, domain, bytes.fromhex(signed.signature[2:]))
        except (TonneError, TypeError, ValueError, AttributeError, IndexError):
            continue
        place = (signed.chain, signed.contract)
        right = (told.block, told.blockHash) == (last.number, last.hash)
        if right and place == (origin.chain, origin.checkpoints) and signer in origin.auditors:
            signers.setdefault(told.history + told.state, set()).add(signer)
    most = max(map(len, signers.values()), default=0)
    if most < origin.quorum:
        raise refused(
            "PASSAGE_UNVOUCHED",
            last_number=last.number,
            limit=most,
            chain=origin.chain,
            quorum=origin.quorum,
        )


def refuted(fault: str) -> TonneError:
    """A proof that does not prove."""
    return refused("PASSAGE_REFUTED", fault=fault)
