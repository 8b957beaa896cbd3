"""Signed checkpoints: an auditor's word on a block, its hash, and the digests of history and state.

Two auditors of one chain sign the same digests. Where they do not, one of them, its node, or the code it runs
is wrong: `disagreements` say what differs and since which block at the earliest, `first_difference` at which
block and log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from tonne import files
from tonne.audit.store.database import Store
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import Awaited, not_awaited, signer_of
from tonne.crypto import wallet_signatures
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, Struct
from tonne.errors import TonneError, refused, why
from tonne.evidence.submissions import signature_words

#: Name of the domain in which checkpoints are signed.
NAME: Final = "tonne AuditCheckpoints"


@dataclass(frozen=True, slots=True)
class AuditCheckpoint(Struct):
    """The words of a checkpoint, to be signed (EIP-712)."""

    TYPES: ClassVar = ("uint64", "bytes32", "bytes32", "bytes32")

    block: int
    blockHash: bytes
    history: bytes  # digest of all logs up to the block
    state: bytes  # digest of the rebuilt state


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signature, as a line of JSON has it."""

    chain: int
    contract: str  # address of AuditCheckpoints
    block: int
    blockHash: str
    history: str
    state: str
    signer: str
    signature: str

    def line(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def struct(self) -> AuditCheckpoint:
        digests = (bytes.fromhex(self.history), bytes.fromhex(self.state))
        return AuditCheckpoint(self.block, bytes.fromhex(self.blockHash[2:]), *digests)

    @property
    def domain(self) -> Domain:
        return Domain(NAME, self.chain, self.contract)

    @property
    def awaited(self) -> list[Awaited]:
        """The message, while its wallet has still to sign it."""
        wallet = wallet_signatures.awaited_wallet(bytes.fromhex(self.signature[2:]))
        return [Awaited(wallet, self.struct, self.domain, ("signature",))] if wallet else []

    def with_signature(self, chain: Chain, signature: bytes) -> tuple[SignedCheckpoint, Awaited]:
        """The checkpoint with the signature of a wallet elsewhere, and which it is."""
        for each in self.awaited:
            given = each.given(chain, signature)
            if given is not None:
                return replace(self, signature="0x" + given.hex()), each
        raise not_awaited(signature, bool(self.awaited))

    def arguments(self) -> tuple[Any, ...]:
        """Of `keep`, or of the function that takes contracts' signatures (`submissions.entry`)."""
        words, beside = signature_words([bytes.fromhex(self.signature[2:])])
        told = self.struct
        return (told.block, told.blockHash, told.history, told.state, *words), *beside


def sign(
    chain_id: int, contract: str, checkpoint: AuditCheckpoint, signer: Account
) -> SignedCheckpoint:
    """The checkpoint in the name of an account."""
    signature = signer.sign_typed(checkpoint, Domain(NAME, chain_id, contract))
    return SignedCheckpoint(
        chain_id,
        contract,
        checkpoint.block,
        "0x" + checkpoint.blockHash.hex(),
        checkpoint.history.hex(),
        checkpoint.state.hex(),
        signer.address,
        "0x" + signature.hex(),
    )


def read(path: Path, chain: Chain) -> Iterator[SignedCheckpoint]:
    """The checkpoints of a file, in its order. CHECKPOINT_FALSE: one is not signed for this market by its
    signer. CHECKPOINT_UNSIGNED: a signature is awaited."""
    for number, found in enumerate(read_all(path, chain), start=1):
        if found.awaited:
            raise _unsigned(path, number, found)
        try:
            signature = bytes.fromhex(found.signature[2:])
            signer = signer_of(chain, found.struct, found.domain, signature)
        except (TonneError, ValueError) as error:
            raise _false(path, number, why(error)) from None
        if found.signer != signer:
            raise _false(path, number, "its signer is another")
        yield found


def read_all(path: Path, chain: Chain) -> list[SignedCheckpoint]:
    """The checkpoints of a file, signed or awaiting their signatures. CHECKPOINT_FALSE: one is of another
    market, or none."""
    place, read = (chain.chain_id, chain["AuditCheckpoints"].address.lower()), []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found = SignedCheckpoint(**json.loads(line))
            here = (found.chain, found.contract.lower()) == place
            _ = found.struct, found.awaited  # they can be read
        except (TonneError, TypeError, ValueError, AttributeError) as error:
            raise _false(path, number, why(error)) from None
        if not here:
            raise _false(path, number, "it is of another market")
        read.append(found)
    return read


def attach(path: Path, chain: Chain, signature: bytes) -> tuple[Awaited, int]:
    """Attaches the signature of a wallet elsewhere to the checkpoint it is of; which it was, and how many
    are still awaited."""
    found = read_all(path, chain)
    waiting = [i for i, each in enumerate(found) if each.awaited]
    for i in waiting:
        try:
            found[i], given = found[i].with_signature(chain, signature)
        except TonneError:
            continue
        files.write(path, "".join(each.line() + "\n" for each in found))
        return given, len(waiting) - 1
    raise not_awaited(signature, bool(waiting))


#: Checkpoints that the contract keeps, as they are in the store.
_KEPT: Final = (
    "SELECT num(args, 'number') AS number, args ->> 'blockHash' AS hash, args ->> 'history' AS history,"
    " args ->> 'state' AS state, args ->> 'signer' AS signer FROM events"
    " WHERE contract = 'AuditCheckpoints' AND name = 'CheckpointKept' ORDER BY block, place"
)


def kept(store: Store, chain_id: int, contract: str) -> list[SignedCheckpoint]:
    """Checkpoints on chain; the contract has checked their signatures, which are not repeated here."""
    return [
        SignedCheckpoint(
            chain_id,
            contract,
            int(row["number"]),
            row["hash"],
            row["history"][2:],
            row["state"][2:],
            row["signer"],
            "",
        )
        for row in store.rows(_KEPT)
    ]


def _unsigned(path: Path, line: int, found: SignedCheckpoint) -> TonneError:
    return refused(
        "CHECKPOINT_UNSIGNED", signer=found.signer, line=line, path_name=path.name, path=path
    )


def _false(path: Path, line: int, fault: str) -> TonneError:
    return refused("CHECKPOINT_FALSE", path=str(path), line=line, path_name=path.name, fault=fault)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What differs between a checkpoint and this auditor's store."""

    signer: str
    block: int
    what: str  # "block hash", "history" or "state"
    theirs: str
    ours: str
    agreed: int | None = None  # block of the signer's last checkpoint before that agrees

    @property
    def since(self) -> str:
        """Where the first difference lies; the alarm's remedy."""
        if self.what == "state":
            return "Every log up to it is the same: one of the two programs rebuilds falsely"
        first = "the first block" if self.agreed is None else f"block {self.agreed + 1:,}"
        return (
            f"The first difference is from {first} to block {self.block:,};"
            " `tonne mirror check` with --tables FOLDER, their export, names its block and log"
        )

    def __str__(self) -> str:
        return (
            f"CHECKPOINT_DISAGREES: {self.signer} has another {self.what} at block {self.block:,}:"
            f" {self.theirs}, here {self.ours}. {self.since}."
        )


def disagreements(
    store: Store, theirs: Iterable[SignedCheckpoint], states: Mapping[int, str]
) -> list[Disagreement]:
    """Every checkpoint that disagrees, by block, each with the last before it of its signer that agrees.

    `states` are this auditor's digests by block, where they are known.
    """
    agreed: dict[str, int] = {}
    found = []
    for each in sorted(theirs, key=lambda checkpoint: checkpoint.block):
        fault = disagreement(store, each, states.get(each.block))
        if fault is not None:
            found.append(replace(fault, agreed=agreed.get(each.signer)))
        elif store.block(each.block) is not None:
            agreed[each.signer] = each.block
    return found


def disagreement(store: Store, theirs: SignedCheckpoint, state: str | None) -> Disagreement | None:
    """The gravest difference; `state` is this auditor's digest at that block, if it is known.

    None where nothing differs, or where the store has not come to that block.
    """
    known = store.block(theirs.block)
    if known is None:
        return None
    pairs = [
        ("block hash", theirs.blockHash, "0x" + known.hash.hex()),
        ("history", theirs.history, known.digest.hex()),
        ("state", theirs.state, state or theirs.state),
    ]
    for what, told, ours in pairs:
        if told != ours:
            return Disagreement(theirs.signer, theirs.block, what, told, ours)
    return None


#: First row that two stores do not share, in the order of the chain.
_DIFFERING: Final = """
WITH ours AS ({ours}), theirs AS ({theirs})
SELECT coalesce(ours.block, theirs.block) AS block, coalesce(ours.place, theirs.place) AS place,
    ours.told AS ours, theirs.told AS theirs
FROM ours FULL JOIN theirs ON ours.block = theirs.block AND ours.place = theirs.place
WHERE ours.told IS DISTINCT FROM theirs.told AND coalesce(ours.block, theirs.block) <= {last}
ORDER BY 1, 2
LIMIT 1
"""
_BLOCKS: Final = (
    "SELECT number AS block, -1 AS place, hash || ' ' || digest AS told FROM {source}"
    " WHERE NOT CAST(replaced AS BOOLEAN)"
)
_LOGS: Final = (
    "SELECT block, place, tx || ' ' || topics || ' ' || data AS told FROM {source}"
    " WHERE block = {block}"
)


def first_difference(store: Store, folder: Path) -> dict[str, Any] | None:
    """The first block and log in which another auditor's exported tables differ; None where none does.

    The folder has `blocks` and `events` as `tonne audit export` writes them. `place` is −1 where the block
    differs but no log of it.
    """
    blocks, events = (_exported(folder, name) for name in ("blocks", "events"))
    last = last_shared(store, folder)
    found = store.rows(
        _DIFFERING.format(
            ours=_BLOCKS.format(source="blocks"), theirs=_BLOCKS.format(source=blocks), last=last
        )
    )
    if not found:
        return None
    block = found[0]["block"]
    logs = store.rows(
        _DIFFERING.format(
            ours=_LOGS.format(source="events", block=block),
            theirs=_LOGS.format(source=events, block=block),
            last=block,
        )
    )
    return logs[0] if logs else found[0]


def last_shared(store: Store, folder: Path) -> int:
    """The last block that both stores have come to; only so far can they be compared."""
    (row,) = store.rows(
        "SELECT least((SELECT max(number) FROM blocks WHERE NOT replaced),"
        f" (SELECT max(number) FROM {_exported(folder, 'blocks')})) AS last"
    )
    return int(row["last"])


def _exported(folder: Path, name: str) -> str:
    """A table of another auditor's export, as a source of rows."""
    for ending, reader in (
        ("parquet", "read_parquet"),
        ("jsonl", "read_json_auto"),
        ("csv", "read_csv_auto"),
    ):
        path = folder / f"{name}.{ending}"
        if path.exists():
            quoted = str(path).replace("'", "''")
            return f"{reader}('{quoted}')"
    raise refused("CHECKPOINT_TABLES_MISSING", folder=str(folder), table=name)
