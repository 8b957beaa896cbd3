"""Storage of ledgers, proven against the state root of a linked header: one question a contract.

Views are the node's word. Balances of money, rights to issue and accounts of the exchange are therefore
read a second time where no view comes between: from the slots themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tonne.audit.proofs.encoding import MALFORMED, data, decode
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.tries import EMPTY_ROOT, nodes_by_hash, proven
from tonne.audit.replay.slots import SlotValue
from tonne.chain.client import Chain
from tonne.chain.rpc import RpcFailure, StateGone
from tonne.crypto.hashing import keccak

#: Slots of one question; geth takes 1,024.
SLOTS: Final = 1_000


class Unprovable(Exception):
    """The node gives no proofs of a state, or a test chain was set otherwise under its last block."""


def found(
    chain: Chain, values: Iterable[SlotValue], block: int, state_root: bytes
) -> Iterator[tuple[SlotValue, int]]:
    """Each value with the number that its proven slot holds.

    Raises `Refuted` for a proof that proves nothing, `Unprovable` where the node gives none.
    """
    by_contract: dict[str, list[SlotValue]] = {}
    for value in values:
        by_contract.setdefault(value.contract, []).append(value)
    for name, wanted in by_contract.items():
        for start in range(0, len(wanted), SLOTS):
            part = wanted[start : start + SLOTS]
            words = _proven(chain, name, sorted({v.slot for v in part}), block, state_root)
            for value in part:
                yield value, value.read(words[value.slot])


def _proven(
    chain: Chain, name: str, slots: Sequence[int], block: int, state_root: bytes
) -> Mapping[int, int]:
    """Words of slots of a contract."""
    contract = chain[name]
    keys = ["0x" + slot.to_bytes(32, "big").hex() for slot in slots]
    try:
        answer = chain.rpc.call("eth_getProof", contract.address, keys, hex(block))
    except StateGone:
        raise
    except RpcFailure as failure:
        raise Unprovable(f"the node gives no proofs ({failure.rpc_message})") from None
    if chain.kind == "anvil" and _starts_elsewhere(answer, state_root):
        raise Unprovable("this test chain's state was set otherwise under its last block")
    return words(answer, contract.address_bytes, slots, state_root, (name, block))


def words(
    answer: Any, address: bytes, slots: Sequence[int], state_root: bytes, about: tuple[str, int]
) -> Mapping[int, int]:
    """Words of slots by the answer to `eth_getProof`; `about` names contract and block to people."""
    try:
        root = _storage_root(answer, address, state_root)
        nodes = nodes_by_hash(
            [*{data(node) for entry in answer["storageProof"] for node in entry["proof"]}]
        )
        return {slot: _word(proven(root, slot.to_bytes(32, "big"), nodes)) for slot in slots}
    except MALFORMED as error:
        name, block = about
        raise Refuted(
            "AUDIT_STATE_FALSE",
            f"The proof of {name}'s storage does not lead to the state root of block {block}: {error}.",
            block,
        ) from None


def _starts_elsewhere(answer: Any, state_root: bytes) -> bool:
    """Whether a proof is of another state: that which `anvil_setBalance` leaves has no block's root."""
    try:
        return keccak(data(answer["accountProof"][0])) != state_root
    except MALFORMED:
        return False


def _storage_root(answer: Any, address: bytes, state_root: bytes) -> bytes:
    nodes = nodes_by_hash([data(node) for node in answer["accountProof"]])
    account = proven(state_root, address, nodes)
    if account is None:
        return EMPTY_ROOT
    fields = decode(account)
    if not isinstance(fields, list) or len(fields) != 4 or len(fields[2]) != 32:
        raise ValueError("an account of another form")
    root: bytes = fields[2]
    return root


def _word(value: bytes | None) -> int:
    """A slot's word; an absent one is zero."""
    if value is None:
        return 0
    word = decode(value)
    if not isinstance(word, bytes):
        raise ValueError("a word that is a list")
    return int.from_bytes(word, "big")
